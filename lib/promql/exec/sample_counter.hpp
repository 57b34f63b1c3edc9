// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/column.hpp"
#include "promql/plan/plan.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnemo::promql {

/// Counts the samples that an expression looks at, as Prometheus does for `stats`: at each step
/// those of every selector, a window with all of its samples, a histogram by its weight. Apart
/// from that, those that are read for a step: what a step before it had in its window, too, is not.
class SampleCounter {
 public:
  /// Without steps it keeps the sums only.
  explicit SampleCounter(size_t steps) : per_step_(steps), read_per_step_(steps) {}

  /// Of a subquery within `outer`: what is looked at in the steps of `inner` stays here, since the
  /// windows of `outer` count the points that come of it. What is read for them is read for the
  /// first step of `outer` whose window has them, and for none where they lie between windows.
  SampleCounter(const SubqueryPlan& subquery, const Grid& inner, const Grid& outer)
      : inner_(inner), outer_(outer), range_ms_(subquery.range_ms), shift_(subquery.shift) {}

  /// Steps after the last count as the last.
  void add(size_t step, uint64_t samples) {
    total_ += samples;
    add_to(per_step_, step, samples);
  }

  void add_read(size_t step, uint64_t samples) {
    if (outer_.counter != nullptr) return add_read_outside(step, samples);
    read_ += samples;
    add_to(read_per_step_, step, samples);
  }

  uint64_t total() const { return total_; }
  const std::vector<uint64_t>& per_step() const { return per_step_; }
  uint64_t read() const { return read_; }
  const std::vector<uint64_t>& read_per_step() const { return read_per_step_; }

 private:
  static void add_to(std::vector<uint64_t>& steps, size_t step, uint64_t samples) {
    if (!steps.empty()) steps[std::min(step, steps.size() - 1)] += samples;
  }

  void add_read_outside(size_t step, uint64_t samples) {
    size_t first = 0;
    if (!outer_.single() && !shift_.is_fixed()) {
      int64_t time = inner_.time(step) + shift_.offset_ms;
      int64_t since_start = std::max<int64_t>(time - outer_.start_ms, 0);
      first = static_cast<size_t>((since_start + outer_.step_ms - 1) / outer_.step_ms);
      first = std::min(first, outer_.count - 1);
      if (time <= outer_.time(first) - range_ms_) return;
    }
    outer_.counter->add_read(first, samples);
  }

  uint64_t total_ = 0;
  uint64_t read_ = 0;
  std::vector<uint64_t> per_step_;
  std::vector<uint64_t> read_per_step_;
  Grid inner_;  // of a subquery, as what follows
  Grid outer_;  // its counter is null where there is none
  int64_t range_ms_ = 0;
  TimeShift shift_;
};

}  // namespace mnemo::promql
