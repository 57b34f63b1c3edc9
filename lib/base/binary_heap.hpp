// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace mnemo {

/// A binary heap that breaks ties exactly as Go's container/heap does: which of two chunks or
/// samples of the same time comes first decides about the bytes of the merged block.
template <typename Element, typename Less>
class BinaryHeap {
 public:
  explicit BinaryHeap(Less less) : less_(std::move(less)) {}

  bool empty() const { return elements_.empty(); }
  const Element& top() const { return elements_.front(); }

  void push(Element element) {
    elements_.push_back(std::move(element));
    size_t at = elements_.size() - 1;
    while (at > 0) {
      size_t parent = (at - 1) / 2;
      if (!less_(elements_[at], elements_[parent])) break;
      std::swap(elements_[at], elements_[parent]);
      at = parent;
    }
  }

  Element pop() {
    std::swap(elements_.front(), elements_.back());
    Element result = std::move(elements_.back());
    elements_.pop_back();
    size_t at = 0;
    while (2 * at + 1 < elements_.size()) {
      size_t child = 2 * at + 1;
      if (child + 1 < elements_.size() && less_(elements_[child + 1], elements_[child])) ++child;
      if (!less_(elements_[child], elements_[at])) break;
      std::swap(elements_[at], elements_[child]);
      at = child;
    }
    return result;
  }

 private:
  Less less_;
  std::vector<Element> elements_;
};

}  // namespace mnemo
