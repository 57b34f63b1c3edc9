// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace mnemo {

/// What one call may use of a store; 0: no limit.
struct QueryLimits {
  uint64_t series = 0;            // touched in the indexes of all blocks
  uint64_t samples = 0;           // of which a chunk counts as 120
  uint64_t downloaded_bytes = 0;  // from the bucket or a cache
};

/// One thing of which a call may use so much. Thread-safe.
class Limit {
 public:
  /// `what` names it, and the flag that sets it, in errors. `max` 0: no limit.
  Limit(const char* what, uint64_t max) : what_(what), max_(max) {}

  /// Errors: ResourceExhausted; from then on the limit counts as violated.
  Status reserve(uint64_t count) {
    uint64_t used = used_ += count;
    if (max_ == 0 || used <= max_) return {};
    violated_at_.store(used, std::memory_order_relaxed);
    return violation();
  }

  /// OK, or the error that the call fails with.
  Status violation() const {
    uint64_t got = violated_at_.load(std::memory_order_relaxed);
    if (got == 0) return {};
    return Status::resource_exhausted("exceeded " + std::string(what_) + ": limit " +
                                      std::to_string(max_) + " violated (got " +
                                      std::to_string(got) + ")");
  }

  bool is_violated() const { return violated_at_.load(std::memory_order_relaxed) != 0; }

 private:
  const char* what_;
  uint64_t max_;
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> violated_at_{0};
};

}  // namespace mnemo
