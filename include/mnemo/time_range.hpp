// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace mnemo {

inline constexpr int64_t kMinTime = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMaxTime = std::numeric_limits<int64_t>::max();

/// A closed range of time: milliseconds since the epoch, both ends included. Empty when min > max.
struct TimeRange {
  int64_t min = kMinTime;
  int64_t max = kMaxTime;

  bool empty() const { return min > max; }
  bool contains(int64_t t) const { return min <= t && t <= max; }
  bool overlaps(const TimeRange& other) const { return min <= other.max && other.min <= max; }
  TimeRange intersect(const TimeRange& other) const {
    return {std::max(min, other.min), std::min(max, other.max)};
  }
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

}  // namespace mnemo
