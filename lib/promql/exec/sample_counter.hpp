// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnemo::promql {

/// Counts the samples that an expression looks at, as Prometheus does for `stats`: at each step
/// those of every selector, a window with all of its samples, a histogram by its weight.
class SampleCounter {
 public:
  /// Without steps it keeps the sum only.
  explicit SampleCounter(size_t steps) : per_step_(steps) {}

  void add(size_t step, uint64_t samples) {
    total_ += samples;
    if (step < per_step_.size()) per_step_[step] += samples;
  }

  uint64_t total() const { return total_; }
  const std::vector<uint64_t>& per_step() const { return per_step_; }

 private:
  uint64_t total_ = 0;
  std::vector<uint64_t> per_step_;
};

}  // namespace mnemo::promql
