// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/kahan_sum.hpp"
#include "promql/functions/window.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace mnemo::promql {

/// Compensated sums of several windows side by side. Each addition waits for the one before it, so
/// that one window alone leaves most of the processor idle; the sums are those of one after the
/// other, bit for bit.
class WindowSums {
 public:
  static constexpr size_t kLanes = 4;

  /// Takes another window, of at least one sample. REQUIRES: fewer than kLanes were taken.
  void take(size_t step, std::span<const double> values) { lanes_[taken_++] = {step, values}; }
  bool full() const { return taken_ == kLanes; }

  /// Calls finish(step, values, sum) for all that were taken, and begins anew. A sum that isn't
  /// finite is not to be trusted: what happened on the way to it is lost.
  template <typename Finish>
  void flush(const Finish& finish) {
    for (size_t lane = taken_; lane < kLanes; ++lane) lanes_[lane].values = lanes_[0].values;
    if (taken_ == 0) return;
    std::array<double, kLanes> sums;
    std::array<double, kLanes> compensations{};
    std::array<const double*, kLanes> at;
    size_t common = lanes_[0].values.size();
    for (size_t lane = 0; lane < kLanes; ++lane) {
      at[lane] = lanes_[lane].values.data();
      sums[lane] = 0.0 + at[lane][0];
      common = std::min(common, lanes_[lane].values.size());
    }
    for (size_t i = 1; i < common; ++i) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        double value = at[lane][i];
        double total = sums[lane] + value;
        bool smaller = std::fabs(sums[lane]) < std::fabs(value);
        double large = smaller ? value : sums[lane];
        double small = smaller ? sums[lane] : value;
        compensations[lane] += (large - total) + small;
        sums[lane] = total;
      }
    }
    for (size_t lane = 0; lane < taken_; ++lane) {
      KahanSum sum{sums[lane], compensations[lane]};
      const auto& values = lanes_[lane].values;
      for (double value : values.subspan(common)) sum.add(value);
      finish(lanes_[lane].step, values, sum);
    }
    taken_ = 0;
  }

 private:
  struct Lane {
    size_t step = 0;
    std::span<const double> values;
  };
  std::array<Lane, kLanes> lanes_;
  size_t taken_ = 0;
};

/// Calls finish(step, values, sum) for each window of a series of floats alone.
template <typename Finish>
void sum_float_windows(const WindowCall& call, const Finish& finish) {
  WindowSums sums;
  for_each_window(call, [&](size_t step, const Window& window) {
    sums.take(step, window.values);
    if (sums.full()) sums.flush(finish);
  });
  sums.flush(finish);
}

}  // namespace mnemo::promql
