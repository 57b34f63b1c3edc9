// SPDX-License-Identifier: Apache-2.0
// xrate, xincrease and xdelta, Thanos' own: windows that begin with the last sample before them, so
// that neighbouring windows leave no increase out; nothing is extrapolated.
#include "promql/functions/rate.hpp"
#include "promql/functions/window.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

/// How far before its start a window looks for a sample to begin with.
constexpr int64_t kLookbackMs = 60 * 60 * 1000;

/// A window's samples from the last one before its start on; `first` counts within the series.
Window with_sample_before(const Window& window) {
  auto after = std::upper_bound(window.times.begin(), window.times.end(), window.start);
  auto skipped = static_cast<size_t>(after - window.times.begin());
  if (skipped > 0) --skipped;
  Window result = window;
  result.first += skipped;
  result.times = window.times.subspan(skipped);
  result.values = window.values.subspan(skipped);
  return result;
}

bool all_equal(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(),
                     [&](double value) { return value == values[0]; });
}

double interval_of(const Window& window, size_t first) {
  return static_cast<double>(window.times.back() - window.times[first]);
}

/// NaN, which compares as nothing, where there is but one sample.
double average_interval(const Window& window, size_t first) {
  return interval_of(window, first) / static_cast<double>(window.times.size() - 1 - first);
}

/// The change over a window, of xdelta and xrate stretched to the whole of it where its samples
/// come close to its edges.
template <RateKind kKind>
double change_over(const WindowCall& call, const Window& window,
                   const std::vector<size_t>& resets) {
  size_t first = 0;
  auto before = static_cast<double>(window.start - window.times[0]);
  if (kKind != RateKind::kIncrease && before > average_interval(window, first)) {
    if (window.times.size() < 3) return 0;
    first = 1;
  }
  double lost = 0;
  auto reset = std::lower_bound(resets.begin(), resets.end(), window.first + first);
  for (; reset != resets.end() && *reset + 1 < window.first + window.times.size(); ++reset) {
    lost += call.series.values[*reset];
  }
  double change = window.values.back() - window.values[first] + lost;
  if (kKind == RateKind::kIncrease || window.times[first] > window.start) return change;
  auto to_end = static_cast<double>(window.end - window.times.back());
  if (!(to_end < average_interval(window, first))) return change;
  return change * (static_cast<double>(call.shape.range_ms) / interval_of(window, first));
}

template <RateKind kKind>
Status x_rate(const WindowCall& call, StepColumn& out) {
  const RangeSeries& series = call.series;
  if (!series.histograms.empty()) {
    return Status::failed_precondition(
        "native histograms are not supported in extended range functions");
  }
  double range_seconds = static_cast<double>(call.shape.range_ms) / 1000;
  std::vector<size_t> resets;
  if (is_counter(kKind)) resets = counter_resets(series.values);
  // Until then, a counter that stays as it is counts as one that came from nothing.
  int64_t new_until = series.times.front() + call.shape.range_ms;
  for_each_window(call, [&](size_t step, const Window& seen) {
    Window window = with_sample_before(seen);
    if (kKind == RateKind::kIncrease && window.end <= new_until && all_equal(window.values)) {
      out.set(step, window.values[0]);
      return;
    }
    double change = change_over<kKind>(call, window, resets);
    out.set(step, kKind == RateKind::kRate ? change / range_seconds : change);
  });
  return {};
}

template <RateKind kKind>
constexpr WindowFunction looking_back(std::string_view name) {
  WindowFunction function{name, x_rate<kKind>};
  function.before_ms = kLookbackMs;
  return function;
}

constexpr WindowFunction kFunctions[] = {
    looking_back<RateKind::kRate>("xrate"),
    looking_back<RateKind::kIncrease>("xincrease"),
    looking_back<RateKind::kDelta>("xdelta"),
};

}  // namespace

std::span<const WindowFunction> x_functions() { return kFunctions; }

}  // namespace mnemo::promql
