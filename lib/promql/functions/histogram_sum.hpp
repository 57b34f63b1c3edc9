// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/histogram_math.hpp"
#include "promql/functions/window.hpp"

#include <optional>

namespace mnemo::promql {

/// Histograms added up one by one, with compensation; averaged incrementally once their sum would
/// overflow.
class HistogramMean {
 public:
  explicit HistogramMean(const FloatHistogram& first);

  /// False where its buckets don't go with those before.
  bool add(const FloatHistogram& histogram);

  FloatHistogram sum() const;
  FloatHistogram mean() const;
  bool collision() const { return reset_seen_ && no_reset_seen_; }
  bool reconciled() const { return reconciled_; }
  /// Whether add() is to watch for overflow, which costs a copy each.
  void watch_overflow() { watch_overflow_ = true; }

 private:
  void track(CounterResetHint hint);
  bool add_incrementally(const FloatHistogram& histogram);

  FloatHistogram value_;  // the sum, or the mean when incremental_
  std::optional<FloatHistogram> compensation_;
  double count_ = 1;
  bool incremental_ = false;
  bool watch_overflow_ = false;
  bool reset_seen_ = false;
  bool no_reset_seen_ = false;
  bool reconciled_ = false;
};

/// Over the histograms of a window; nothing where they don't go together, which is annotated.
std::optional<FloatHistogram> sum_histograms(const WindowCall& call, const Window& window);
std::optional<FloatHistogram> average_histograms(const WindowCall& call, const Window& window);

}  // namespace mnemo::promql
