// SPDX-License-Identifier: Apache-2.0
// The native histograms of anchored and smoothed windows.
#include "model/histogram_math.hpp"
#include "promql/functions/extended_windows.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

/// a += b, or a -= b; false, with a warning, where they don't go together.
enum class Operation { kAdd, kSubtract };
bool combine(const WindowCall& call, FloatHistogram& a, const FloatHistogram& b,
             Operation operation) {
  bool adds = operation == Operation::kAdd;
  auto merge = adds ? add(a, b) : subtract(a, b);
  if (!merge) {
    call.annotations.warn(mixed_schemas_warning(call.metric_name()), call.position);
    return false;
  }
  if (merge->bounds_reconciled) {
    call.annotations.info(custom_buckets_reconciled_info(adds ? "addition" : "subtraction"),
                          call.position);
  }
  return true;
}

bool is_gauge(const FloatHistogram& histogram) {
  return histogram.counter_reset_hint == CounterResetHint::kGauge;
}

/// Whether exponential and custom buckets don't mix; warns where they do, and of gauges where a
/// counter is wanted.
bool check_histograms(const WindowCall& call, std::span<const HistogramPtr> histograms,
                      bool is_counter) {
  bool custom = histograms.front()->uses_custom_buckets();
  for (const HistogramPtr& histogram : histograms) {
    if (histogram->uses_custom_buckets() != custom) {
      call.annotations.warn(mixed_schemas_warning(call.metric_name()), call.position);
      return false;
    }
    if (is_counter && is_gauge(*histogram)) {
      call.annotations.warn(histogram_not_counter_warning(call.metric_name()), call.position);
    }
  }
  return true;
}

/// One window's histograms, between the values that it has at its edges.
class Extended {
 public:
  Extended(const WindowCall& call, const Window& window, Bounds bounds, WindowEdges edges,
           bool is_counter)
      : call_(call), window_(window), bounds_(bounds), edges_(edges), is_counter_(is_counter) {}

  std::optional<FloatHistogram> change() {
    auto within = window_.histograms.subspan(bounds_.first, bounds_.last - bounds_.first + 1);
    if (!check_histograms(call_, within, is_counter_)) return std::nullopt;
    auto left = at_start();
    if (!left) return std::nullopt;
    auto right = at_end();
    if (!right) return std::nullopt;
    if (!is_counter_ && (!is_gauge(*left) || !is_gauge(*right))) {
      call_.annotations.warn(histogram_not_gauge_warning(call_.metric_name()), call_.position);
    }
    FloatHistogram change = *right;
    if (!combine(call_, change, *left, Operation::kSubtract)) return std::nullopt;
    if (is_counter_ && !add_lost(*left, *right, change)) return std::nullopt;
    change.counter_reset_hint = CounterResetHint::kGauge;
    compact(change);
    return change;
  }

 private:
  bool interpolates_start() const {
    return edges_ == WindowEdges::kSmoothed &&
           window_.histogram_times[bounds_.first] < window_.start;
  }

  std::optional<FloatHistogram> between(size_t i, int64_t time) const {
    return interpolated(call_, {window_.histogram_times[i], *window_.histograms[i]},
                        {window_.histogram_times[i + 1], *window_.histograms[i + 1]}, time,
                        is_counter_);
  }

  std::optional<FloatHistogram> at_start() const {
    if (interpolates_start()) return between(bounds_.first, window_.start);
    return *window_.histograms[bounds_.first];
  }

  std::optional<FloatHistogram> at_end() const {
    bool interpolates = edges_ == WindowEdges::kSmoothed && bounds_.last > 0 &&
                        window_.histogram_times[bounds_.last] > window_.end;
    if (interpolates) return between(bounds_.last - 1, window_.end);
    return *window_.histograms[bounds_.last];
  }

  /// Adds to `change` what was counted before each reset. `right` has the hint of the last
  /// histogram, whether it is a copy of it or not, and is looked at in its place: by its own hint
  /// the last would seem reset twice.
  bool add_lost(const FloatHistogram& left, const FloatHistogram& right, FloatHistogram& change) {
    size_t next = bounds_.first + 1;
    const FloatHistogram* before = &left;
    if (interpolates_start() &&
        detect_reset(*window_.histograms[next], *window_.histograms[bounds_.first])) {
      // `left` grew from nothing after this reset; it is accounted for.
      before = window_.histograms[next].get();
      ++next;
    }
    if (next > bounds_.last) return true;
    std::optional<FloatHistogram> lost;
    auto add_before_reset = [&](const FloatHistogram& now) {
      if (!detect_reset(now, *before)) return true;
      if (lost) return combine(call_, *lost, *before, Operation::kAdd);
      lost = *before;
      return true;
    };
    for (; next < bounds_.last; ++next) {
      if (!add_before_reset(*window_.histograms[next])) return false;
      before = window_.histograms[next].get();
    }
    if (!add_before_reset(right)) return false;
    return !lost || combine(call_, change, *lost, Operation::kAdd);
  }

  const WindowCall& call_;
  const Window& window_;
  Bounds bounds_;
  WindowEdges edges_;
  bool is_counter_;
};

}  // namespace

std::optional<FloatHistogram> interpolated(const WindowCall& call, TimedHistogram before,
                                           TimedHistogram after, int64_t time, bool is_counter) {
  if (time == before.time) return before.histogram;
  if (time == after.time) return after.histogram;
  double fraction =
      static_cast<double>(time - before.time) / static_cast<double>(after.time - before.time);
  FloatHistogram result = after.histogram;
  if (is_counter && detect_reset(after.histogram, before.histogram)) {
    multiply(result, fraction);
    return result;
  }
  if (!combine(call, result, before.histogram, Operation::kSubtract)) return std::nullopt;
  multiply(result, fraction);
  if (!combine(call, result, before.histogram, Operation::kAdd)) return std::nullopt;
  return result;
}

std::optional<FloatHistogram> extended_histogram_change(const WindowCall& call,
                                                        const Window& window, Bounds bounds,
                                                        WindowEdges edges, bool is_counter) {
  return Extended(call, window, bounds, edges, is_counter).change();
}

}  // namespace mnemo::promql
