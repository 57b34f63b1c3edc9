// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace mnemo {

/// How long to wait before the next try: a random time below min(longest, first * 2^tries), so that
/// many clients that failed together don't come back together.
///
/// Not thread-safe.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest, uint64_t seed)
      : next_(first), longest_(longest), random_(seed) {}

  std::chrono::milliseconds next() {
    auto most = std::min(next_, longest_);
    next_ = std::min(next_ * 2, longest_);
    std::uniform_int_distribution<int64_t> below(0, std::max<int64_t>(most.count(), 0));
    return std::chrono::milliseconds(below(random_));
  }

 private:
  std::chrono::milliseconds next_;
  std::chrono::milliseconds longest_;
  std::mt19937_64 random_;
};

}  // namespace mnemo
