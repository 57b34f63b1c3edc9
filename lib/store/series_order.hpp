// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace mnemo {

/// Whether the labels of `whole` begin with those of `prefix`.
inline bool is_label_prefix(const Labels& prefix, const Labels& whole) {
  auto x = prefix.begin();
  auto y = whole.begin();
  for (; x != prefix.end(); ++x, ++y) {
    if (y == whole.end() || *x != *y) return false;
  }
  return true;
}

/// Brings series, given in the order of their own labels, into the order of their finished labels,
/// while handing them on as early as possible.
///
/// Two modes. Where finishing only adds the same labels to every series, two series swap places
/// only if the labels of one begin with all labels of the other: `up{}` and `up{zone="a"}` do, once
/// both get `replica`. So a series is held back only while longer ones of its beginning come.
/// Where finishing rewrites labels, everything is held until the end and sorted.
///
/// Thread-compatible. `T` is what belongs to a series (chunk references).
template <typename T>
class SeriesOrder {
 public:
  struct Entry {
    Labels own;  // while it is held; its storage goes on to the next
    Labels finished;
    T payload;
  };

  explicit SeriesOrder(bool rewrites) : rewrites_(rewrites) {}

  /// REQUIRES: `own` not before what was pushed earlier.
  void push(const Labels& own, Labels finished, T payload) {
    if (rewrites_) {
      held_.push_back({Labels(), std::move(finished), std::move(payload)});
      return;
    }
    release(&own, &finished);
    held_.push_back({std::exchange(spare_, {}), std::move(finished), std::move(payload)});
    held_.back().own = own;
  }

  /// No more series come: all that is held becomes ready.
  void finish() {
    if (!rewrites_) {
      release(nullptr, nullptr);
      return;
    }
    std::stable_sort(held_.begin(), held_.end(), before);
    std::move(held_.begin(), held_.end(), std::back_inserter(ready_));
    held_.clear();
  }

  bool empty() const { return next_ == ready_.size(); }
  size_t held() const { return held_.size(); }
  size_t ready() const { return ready_.size() - next_; }

  /// The next in order. REQUIRES: not `empty()`.
  Entry pop() {
    Entry entry = std::move(ready_[next_++]);
    if (next_ == ready_.size()) {
      ready_.clear();
      next_ = 0;
    }
    return entry;
  }

 private:
  static bool before(const Entry& a, const Entry& b) { return a.finished < b.finished; }

  /// Makes ready what nothing from `own` on (nothing at all, if null) can precede.
  void release(const Labels* own, const Labels* finished) {
    if (held_.size() > 1) std::stable_sort(held_.begin(), held_.end(), before);
    size_t count = 0;
    for (; count < held_.size(); ++count) {
      const auto& entry = held_[count];
      if (own && is_label_prefix(entry.own, *own) && *finished < entry.finished) break;
    }
    if (count > 0) spare_ = std::move(held_[0].own);
    auto end = held_.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(held_.begin(), end, std::back_inserter(ready_));
    held_.erase(held_.begin(), end);
  }

  bool rewrites_;
  std::vector<Entry> held_;
  std::vector<Entry> ready_;
  Labels spare_;  // of an entry that is no longer held
  size_t next_ = 0;
};

}  // namespace mnemo
