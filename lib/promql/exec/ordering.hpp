// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace mnemo::promql {

/// Values in the order of Prometheus' heaps: a NaN comes before everything, other NaNs included.
/// That is no strict order, so what sorts by it is below.
struct AscendingNanFirst {
  bool operator()(double a, double b) const { return std::isnan(a) || a < b; }
};
struct DescendingNanFirst {
  bool operator()(double a, double b) const { return std::isnan(a) || a > b; }
};

/// A position in some list and its value.
struct RankedValue {
  size_t index = 0;
  double value = 0;
};

/// A binary heap whose first element comes first in the order `Less`, moved element by element as
/// Go's container/heap does it, so that ties come out alike.
template <typename Less>
class RankedHeap {
 public:
  std::vector<RankedValue>& items() { return items_; }

  void push(RankedValue item) {
    items_.push_back(item);
    size_t child = items_.size() - 1;
    while (child > 0) {
      size_t parent = (child - 1) / 2;
      if (!less(child, parent)) break;
      std::swap(items_[parent], items_[child]);
      child = parent;
    }
  }

  void replace_first(RankedValue item) {
    items_[0] = item;
    size_t parent = 0;
    while (2 * parent + 1 < items_.size()) {
      size_t child = 2 * parent + 1;
      if (child + 1 < items_.size() && less(child + 1, child)) ++child;
      if (!less(child, parent)) break;
      std::swap(items_[parent], items_[child]);
      parent = child;
    }
  }

 private:
  bool less(size_t a, size_t b) const { return Less{}(items_[a].value, items_[b].value); }

  std::vector<RankedValue> items_;
};

/// Sorts in the reverse of the order `Less`: NaNs come last. Short lists by insertion, as Go does,
/// so that ties come out alike; longer ones stably.
template <typename Less>
void sort_reversed(std::vector<RankedValue>& items) {
  constexpr size_t kInsertionLimit = 12;
  if (items.size() <= kInsertionLimit) {
    for (size_t i = 1; i < items.size(); ++i) {
      for (size_t j = i; j > 0 && Less{}(items[j - 1].value, items[j].value); --j) {
        std::swap(items[j], items[j - 1]);
      }
    }
    return;
  }
  std::stable_sort(items.begin(), items.end(), [](const RankedValue& a, const RankedValue& b) {
    if (std::isnan(a.value) || std::isnan(b.value))
      return std::isnan(b.value) && !std::isnan(a.value);
    return Less{}(b.value, a.value);
  });
}

}  // namespace mnemo::promql
