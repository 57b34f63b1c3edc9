// SPDX-License-Identifier: Apache-2.0
#include "promql/functions/histogram_sum.hpp"

namespace mnemo::promql {

HistogramMean::HistogramMean(const FloatHistogram& first) : value_(first) {
  track(first.counter_reset_hint);
}

void HistogramMean::track(CounterResetHint hint) {
  reset_seen_ = reset_seen_ || hint == CounterResetHint::kReset;
  no_reset_seen_ = no_reset_seen_ || hint == CounterResetHint::kNotReset;
}

bool HistogramMean::add(const FloatHistogram& histogram) {
  track(histogram.counter_reset_hint);
  count_ += 1;
  if (incremental_) return add_incrementally(histogram);
  if (!watch_overflow_) {
    auto merge = kahan_add(value_, histogram, compensation_);
    if (merge) reconciled_ = reconciled_ || merge->bounds_reconciled;
    return merge.has_value();
  }
  FloatHistogram value = value_;
  std::optional<FloatHistogram> compensation = compensation_;
  auto merge = kahan_add(value, histogram, compensation);
  if (!merge) return false;
  reconciled_ = reconciled_ || merge->bounds_reconciled;
  if (!has_overflow(value)) {
    value_ = std::move(value);
    compensation_ = std::move(compensation);
    return true;
  }
  incremental_ = true;
  divide(value_, count_ - 1);
  if (compensation_) divide(*compensation_, count_ - 1);
  return add_incrementally(histogram);
}

bool HistogramMean::add_incrementally(const FloatHistogram& histogram) {
  double q = (count_ - 1) / count_;
  if (compensation_) multiply(*compensation_, q);
  FloatHistogram part = histogram;
  divide(part, count_);
  multiply(value_, q);
  auto merge = kahan_add(value_, part, compensation_);
  if (merge) reconciled_ = reconciled_ || merge->bounds_reconciled;
  return merge.has_value();
}

FloatHistogram HistogramMean::sum() const {
  FloatHistogram result = value_;
  if (compensation_) mnemo::add(result, *compensation_);
  return result;
}

FloatHistogram HistogramMean::mean() const {
  if (incremental_) return sum();
  FloatHistogram result = value_;
  divide(result, count_);
  if (compensation_) {
    FloatHistogram part = *compensation_;
    divide(part, count_);
    mnemo::add(result, part);
  }
  return result;
}

namespace {

std::optional<HistogramMean> accumulate(const WindowCall& call, const Window& window,
                                        bool watch_overflow) {
  HistogramMean mean(*window.histograms[0]);
  if (watch_overflow) mean.watch_overflow();
  bool compatible = true;
  for (const HistogramPtr& histogram : window.histograms.subspan(1)) {
    compatible = mean.add(*histogram);
    if (!compatible) break;
  }
  if (!compatible) {
    call.annotations.warn(mixed_schemas_warning(call.metric_name()), call.position);
    return std::nullopt;
  }
  if (mean.collision()) {
    call.annotations.warn(counter_reset_collision_warning("aggregation"), call.position);
  }
  if (mean.reconciled()) {
    call.annotations.info(custom_buckets_reconciled_info("aggregation"), call.position);
  }
  return mean;
}

}  // namespace

std::optional<FloatHistogram> sum_histograms(const WindowCall& call, const Window& window) {
  auto mean = accumulate(call, window, false);
  if (!mean) return std::nullopt;
  return mean->sum();
}

std::optional<FloatHistogram> average_histograms(const WindowCall& call, const Window& window) {
  auto mean = accumulate(call, window, true);
  if (!mean) return std::nullopt;
  return mean->mean();
}

}  // namespace mnemo::promql
