// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/annotations.hpp"
#include "promql/exec/column.hpp"
#include "promql/plan/plan.hpp"

#include <mnemo/samples.hpp>

#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo::promql {

/// One series' samples as range functions want them: floats and histograms apart, each in order of
/// time, without stale markers.
struct RangeSeries {
  Labels labels;
  bool drop_name = false;  // as StepColumn::drop_name
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
  bool type_and_unit_labels = false;  // a label says what is a counter

  std::string_view metric_name() const { return series.labels.get(kMetricName); }
};

/// Where a window begins and ends among samples of which each enters and leaves once.
class WindowEdges {
 public:
  explicit WindowEdges(std::span<const int64_t> times) : times_(times) {}

  /// Moves to the samples within (start, end], which both only grow; false when there are none.
  bool move_to(int64_t start, int64_t end) {
    while (last_ < times_.size() && times_[last_] <= end) ++last_;
    while (first_ < last_ && times_[first_] <= start) ++first_;
    return first_ != last_;
  }
  size_t first() const { return first_; }
  size_t count() const { return last_ - first_; }

 private:
  std::span<const int64_t> times_;
  size_t first_ = 0;
  size_t last_ = 0;  // past the end
};

/// Calls visit(step, window) for each step whose window has a sample.
template <typename Visit>
void for_each_window(const WindowCall& call, Visit&& visit) {
  const RangeSeries& series = call.series;
  WindowEdges floats(series.times);
  WindowEdges histograms(series.histogram_times);
  Window window;
  for (size_t step = 0; step < call.grid.count; ++step) {
    window.end = call.shape.shift.reference(call.grid.time(step));
    window.start = window.end - call.shape.range_ms;
    bool any = floats.move_to(window.start, window.end);
    any |= histograms.move_to(window.start, window.end);
    if (!any) continue;
    window.first = floats.first();
    window.times = {series.times.data() + floats.first(), floats.count()};
    window.values = {series.values.data() + floats.first(), floats.count()};
    window.histogram_times = {series.histogram_times.data() + histograms.first(),
                              histograms.count()};
    window.histograms = {series.histograms.data() + histograms.first(), histograms.count()};
    visit(step, std::as_const(window));
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
