// SPDX-License-Identifier: Apache-2.0
#include "promql/functions/extended_windows.hpp"

#include "promql/functions/histogram_rate.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

/// The value at `time` on the line between samples `i` and `i + 1`. A counter that falls between
/// them is taken to have started from nothing at the first.
double interpolated(const Window& window, size_t i, int64_t time, bool is_counter) {
  double from = window.values[i];
  double to = window.values[i + 1];
  if (is_counter && to < from) from = 0;
  return from + (to - from) * static_cast<double>(time - window.times[i]) /
                    static_cast<double>(window.times[i + 1] - window.times[i]);
}

double value_at_start(const Window& window, Bounds bounds, WindowEdges edges, bool is_counter) {
  bool between = edges == WindowEdges::kSmoothed && window.times[bounds.first] < window.start;
  return between ? interpolated(window, bounds.first, window.start, is_counter)
                 : window.values[bounds.first];
}

double value_at_end(const Window& window, Bounds bounds, WindowEdges edges, bool is_counter) {
  bool between =
      edges == WindowEdges::kSmoothed && bounds.last > 0 && window.times[bounds.last] > window.end;
  return between ? interpolated(window, bounds.last - 1, window.end, is_counter)
                 : window.values[bounds.last];
}

/// The samples that lie between the edges, neither on one: [begin, end).
struct Inner {
  size_t begin = 0;
  size_t end = 0;
};

Inner between_edges(const Window& window, Bounds bounds) {
  return {window.times[bounds.first] <= window.start ? bounds.first + 1 : bounds.first,
          window.times[bounds.last] >= window.end ? bounds.last : bounds.last + 1};
}

/// What a counter lost by its resets between the edges, where it has the values `left` and `right`.
double lost_to_resets(const WindowCall& call, const Window& window, Inner inner,
                      const std::vector<size_t>& resets, double left, double right) {
  double lost = 0;
  double before = left;
  if (inner.begin < inner.end) {
    if (window.values[inner.begin] < left) lost += left;
    auto reset = std::lower_bound(resets.begin(), resets.end(), window.first + inner.begin);
    for (; reset != resets.end() && *reset + 1 < window.first + inner.end; ++reset) {
      lost += call.series.values[*reset];
    }
    before = window.values[inner.end - 1];
  }
  if (right < before) lost += before;
  return lost;
}

}  // namespace

std::optional<Bounds> bounds_of(std::span<const int64_t> times, const Window& window,
                                WindowEdges edges) {
  if (times.empty()) return std::nullopt;
  auto position = [&](auto found) { return static_cast<size_t>(found - times.begin()); };
  size_t after = position(std::upper_bound(times.begin(), times.end() - 1, window.start));
  Bounds bounds{after == 0 ? 0 : after - 1, times.size() - 1};
  if (edges == WindowEdges::kSmoothed) {
    bounds.last = position(std::lower_bound(times.begin(), times.end() - 1, window.end));
  }
  if (times[bounds.last] <= window.start) return std::nullopt;
  return bounds;
}

template <WindowEdges kEdges, RateKind kKind>
Status extended_rate(const WindowCall& call, StepColumn& out) {
  double range_seconds = static_cast<double>(call.shape.range_ms) / 1000;
  std::vector<size_t> resets;
  if (is_counter(kKind)) resets = counter_resets(call.series.values);
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.mixed()) {
      call.annotations.warn(mixed_floats_histograms_warning(call.metric_name()), call.position);
      return;
    }
    bool is_float = window.histograms.empty();
    auto times = is_float ? window.times : window.histogram_times;
    auto bounds = bounds_of(times, window, kEdges);
    if (!bounds) return;
    if (kEdges == WindowEdges::kSmoothed && times[bounds->first] > window.end) return;
    if (!is_float) {
      auto change = extended_histogram_change(call, window, *bounds, kEdges, is_counter(kKind));
      if (!change) return;
      if (kKind == RateKind::kRate) divide(*change, range_seconds);
      out.set(step, std::make_shared<const FloatHistogram>(*std::move(change)));
      return;
    }
    double left = value_at_start(window, *bounds, kEdges, is_counter(kKind));
    double right = value_at_end(window, *bounds, kEdges, is_counter(kKind));
    double change = right - left;
    if (is_counter(kKind)) {
      Inner inner = between_edges(window, *bounds);
      change += lost_to_resets(call, window, inner, resets, left, right);
    }
    out.set(step, kKind == RateKind::kRate ? change / range_seconds : change);
  });
  if (is_counter(kKind)) annotate_possible_non_counter(call, out);
  return {};
}

template Status extended_rate<WindowEdges::kAnchored, RateKind::kRate>(const WindowCall&,
                                                                       StepColumn&);
template Status extended_rate<WindowEdges::kAnchored, RateKind::kIncrease>(const WindowCall&,
                                                                           StepColumn&);
template Status extended_rate<WindowEdges::kAnchored, RateKind::kDelta>(const WindowCall&,
                                                                        StepColumn&);
template Status extended_rate<WindowEdges::kSmoothed, RateKind::kRate>(const WindowCall&,
                                                                       StepColumn&);
template Status extended_rate<WindowEdges::kSmoothed, RateKind::kIncrease>(const WindowCall&,
                                                                           StepColumn&);
template Status extended_rate<WindowEdges::kSmoothed, RateKind::kDelta>(const WindowCall&,
                                                                        StepColumn&);

std::optional<Window> from_anchor(const Window& window) {
  auto not_after_start = [&](std::span<const int64_t> times) {
    auto after = std::upper_bound(times.begin(), times.end(), window.start);
    return static_cast<size_t>(after - times.begin());
  };
  size_t floats = not_after_start(window.times);
  size_t histograms = not_after_start(window.histogram_times);
  if (floats == window.times.size() && histograms == window.histogram_times.size()) {
    return std::nullopt;
  }
  bool by_float = floats > 0 && (histograms == 0 || window.times[floats - 1] >=
                                                        window.histogram_times[histograms - 1]);
  if (by_float) {
    --floats;
  } else if (histograms > 0) {
    --histograms;
  }
  Window anchored = window;
  anchored.first += floats;
  anchored.histogram_first += histograms;
  anchored.times = window.times.subspan(floats);
  anchored.values = window.values.subspan(floats);
  anchored.histogram_times = window.histogram_times.subspan(histograms);
  anchored.histograms = window.histograms.subspan(histograms);
  return anchored;
}

namespace {

/// The histogram at the window's one time; null where there is none before it, or those around it
/// don't go together.
HistogramPtr smoothed_histogram(const WindowCall& call, const Window& window) {
  auto times = window.histogram_times;
  auto found = std::lower_bound(times.begin(), times.end(), window.end);
  auto i = static_cast<size_t>(found - times.begin());
  if (i < times.size() && times[i] == window.end) return window.histograms[i];
  if (i == 0) return nullptr;
  const FloatHistogram& before = *window.histograms[i - 1];
  if (i == times.size()) {
    auto carried = std::make_shared<FloatHistogram>(before);
    carried->counter_reset_hint = CounterResetHint::kUnknown;
    return carried;
  }
  const FloatHistogram& after = *window.histograms[i];
  if (before.uses_custom_buckets() != after.uses_custom_buckets()) {
    call.annotations.warn(mixed_schemas_warning(call.metric_name()), call.position);
    return nullptr;
  }
  bool is_counter = before.counter_reset_hint != CounterResetHint::kGauge ||
                    after.counter_reset_hint != CounterResetHint::kGauge;
  auto between =
      interpolated(call, {times[i - 1], before}, {times[i], after}, window.end, is_counter);
  if (!between) return nullptr;
  return std::make_shared<const FloatHistogram>(*std::move(between));
}

}  // namespace

Status smoothed_values(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.mixed()) {
      call.annotations.warn(mixed_floats_histograms_warning(call.metric_name()), call.position);
      return;
    }
    if (!window.histograms.empty()) {
      if (auto histogram = smoothed_histogram(call, window)) out.set(step, std::move(histogram));
      return;
    }
    auto found = std::lower_bound(window.times.begin(), window.times.end(), window.end);
    auto i = static_cast<size_t>(found - window.times.begin());
    bool exact = i < window.times.size() && window.times[i] == window.end;
    if (i == 0 && !exact) return;
    if (exact) {
      out.set(step, window.values[i]);
    } else {
      bool last = i == window.times.size();
      out.set(step, last ? window.values[i - 1] : interpolated(window, i - 1, window.end, false));
    }
  });
  return {};
}

Status extend_to_edges(const WindowShape& shape, int64_t time, RangeSeries& series) {
  if (!series.histograms.empty()) {
    return Status::failed_precondition(std::string(modifier_name(shape.edges)) +
                                       " modifier is not supported with histograms");
  }
  Window window;
  window.end = shape.shift.reference(time);
  window.start = window.end - shape.range_ms;
  window.times = series.times;
  window.values = series.values;
  auto bounds = bounds_of(window.times, window, shape.edges);
  if (!bounds) {
    series.clear_samples();
    return {};
  }
  std::vector<int64_t> times = {window.start};
  std::vector<double> values = {value_at_start(window, *bounds, shape.edges, false)};
  Inner inner = between_edges(window, *bounds);
  for (size_t i = inner.begin; i < inner.end; ++i) {
    times.push_back(window.times[i]);
    values.push_back(window.values[i]);
  }
  times.push_back(window.end);
  values.push_back(value_at_end(window, *bounds, shape.edges, false));
  series.times = std::move(times);
  series.values = std::move(values);
  return {};
}

}  // namespace mnemo::promql
