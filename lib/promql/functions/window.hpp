// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/annotations.hpp"
#include "promql/exec/column.hpp"
#include "promql/plan/plan.hpp"

#include <mnemo/samples.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace mnemo::promql {

/// One series' samples as range functions want them: floats and histograms apart, each in order of
/// time, without stale markers.
struct RangeSeries {
  Labels labels;
  std::vector<int64_t> times;
  std::vector<double> values;
  std::vector<int64_t> histogram_times;
  std::vector<HistogramPtr> histograms;

  size_t size() const { return times.size() + histogram_times.size(); }
  void clear_samples();
};

/// Moves the samples of `column` into `out`, less stale markers.
void split_samples(SampleColumn& column, RangeSeries& out);

/// Windows (end - range, end] for each step, their ends at `shift` before it.
struct WindowShape {
  int64_t range_ms = 0;
  TimeShift shift;
};

/// The samples of one window.
struct Window {
  std::span<const int64_t> times;
  std::span<const double> values;
  std::span<const int64_t> histogram_times;
  std::span<const HistogramPtr> histograms;
  int64_t start = 0;  // not within the window
  int64_t end = 0;    // within it
  size_t first = 0;   // where `times` begins in the series

  bool mixed() const { return !times.empty() && !histograms.empty(); }
};

/// A range function applied to one series, at all steps.
struct WindowCall {
  const RangeSeries& series;
  const Grid& grid;
  WindowShape shape;
  /// The scalar arguments, in order, at each step.
  std::span<const std::vector<double>> scalars;
  PositionRange position;  // of the first argument
  Annotations& annotations;

  std::string_view metric_name() const { return series.labels.get(kMetricName); }
};

/// Calls visit(step, window) for each step whose window has a sample. Both edges only move forward:
/// a sample enters and leaves once.
template <typename Visit>
void for_each_window(const WindowCall& call, Visit&& visit) {
  const RangeSeries& series = call.series;
  size_t first = 0, last = 0, histogram_first = 0, histogram_last = 0;
  for (size_t step = 0; step < call.grid.count; ++step) {
    Window window;
    window.end = call.shape.shift.reference(call.grid.time(step));
    window.start = window.end - call.shape.range_ms;
    while (last < series.times.size() && series.times[last] <= window.end) ++last;
    while (first < last && series.times[first] <= window.start) ++first;
    while (histogram_last < series.histogram_times.size() &&
           series.histogram_times[histogram_last] <= window.end) {
      ++histogram_last;
    }
    while (histogram_first < histogram_last &&
           series.histogram_times[histogram_first] <= window.start) {
      ++histogram_first;
    }
    if (first == last && histogram_first == histogram_last) continue;
    window.first = first;
    window.times = {series.times.data() + first, last - first};
    window.values = {series.values.data() + first, last - first};
    window.histogram_times = {series.histogram_times.data() + histogram_first,
                              histogram_last - histogram_first};
    window.histograms = {series.histograms.data() + histogram_first,
                         histogram_last - histogram_first};
    visit(step, window);
  }
}

/// Fills `out`, which is reset to the grid. Errors: InvalidArgument (an argument out of range).
using WindowEvaluate = Status (*)(const WindowCall& call, StepColumn& out);

struct WindowFunction {
  std::string_view name;
  WindowEvaluate evaluate;
  bool keeps_name = false;  // what acts like an offset keeps the metric's name
};

/// The range function of that name, or null.
const WindowFunction* find_window_function(std::string_view name);

/// The families that find_window_function looks through.
std::span<const WindowFunction> rate_functions();
std::span<const WindowFunction> over_time_functions();
std::span<const WindowFunction> regression_functions();
std::span<const WindowFunction> change_functions();

/// Prometheus' quantile of values, which it sorts: NaN first, interpolated between neighbours.
double quantile_of(double q, std::vector<double>& values);

}  // namespace mnemo::promql
