// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/annotations.hpp"
#include "promql/exec/column.hpp"
#include "promql/plan/plan.hpp"

#include <mnemo/context.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>

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
  // Empty where they are not known or not wanted, or one a sample (0: it has none).
  std::vector<int64_t> start_times;
  std::vector<int64_t> histogram_start_times;

  size_t size() const { return times.size() + histogram_times.size(); }
  void clear_samples();
};

/// Moves the samples of `column` into `out`, less stale markers.
void split_samples(SampleColumn& column, RangeSeries& out);

/// How what lies beyond the edges of a window counts: `anchored` looks back for a sample to begin
/// with, `smoothed` interpolates at both edges.
enum class WindowEdges { kPlain, kAnchored, kSmoothed };

/// As the language has it.
std::string_view modifier_name(WindowEdges edges);

/// Windows (end - range, end] for each step, their ends at `shift` before it. Samples up to
/// `before_ms` ahead of a window and up to `after_ms` after it are looked at, too.
struct WindowShape {
  int64_t range_ms = 0;
  TimeShift shift;
  WindowEdges edges = WindowEdges::kPlain;
  int64_t before_ms = 0;
  int64_t after_ms = 0;
};

/// The samples of one window, and of what is looked at beyond its edges.
struct Window {
  std::span<const int64_t> times;
  std::span<const double> values;
  std::span<const int64_t> histogram_times;
  std::span<const HistogramPtr> histograms;
  int64_t start = 0;  // not within the window
  int64_t end = 0;    // within it
  size_t first = 0;   // where `times` begins in the series
  size_t histogram_first = 0;

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
  const Context* context = nullptr;   // when it ends, what remains may be left out
  bool type_and_unit_labels = false;  // a label says what is a counter

  std::string_view metric_name() const { return series.labels.get(kMetricName); }
  /// The start timestamps of the window's floats and histograms; empty where there are none.
  std::span<const int64_t> start_times(const Window& window) const {
    if (series.start_times.empty()) return {};
    return std::span(series.start_times).subspan(window.first, window.times.size());
  }
  std::span<const int64_t> histogram_start_times(const Window& window) const {
    if (series.histogram_start_times.empty()) return {};
    return std::span(series.histogram_start_times)
        .subspan(window.histogram_first, window.histograms.size());
  }
};

/// Where a window begins and ends among samples of which each enters and leaves once.
class WindowCursor {
 public:
  explicit WindowCursor(std::span<const int64_t> times) : times_(times) {}

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
  constexpr size_t kLooksBetweenChecks = 1 << 16;
  constexpr size_t kHistogramCost = 512;
  const RangeSeries& series = call.series;
  WindowCursor floats(series.times);
  WindowCursor histograms(series.histogram_times);
  Window window;
  size_t looked_at = 0;
  for (size_t step = 0; step < call.grid.count; ++step) {
    window.end = call.shape.shift.reference(call.grid.time(step));
    window.start = window.end - call.shape.range_ms;
    int64_t after = window.start - call.shape.before_ms;
    int64_t until = window.end + call.shape.after_ms;
    bool any = floats.move_to(after, until);
    any |= histograms.move_to(after, until);
    looked_at += 1 + floats.count() + kHistogramCost * histograms.count();
    if (looked_at > kLooksBetweenChecks) {
      looked_at = 0;
      if (call.context != nullptr && !call.context->check().ok()) return;
    }
    if (!any) continue;
    window.first = floats.first();
    window.histogram_first = histograms.first();
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
  // Over windows that look beyond their edges; null where the function can't.
  WindowEvaluate anchored = nullptr;
  WindowEvaluate smoothed = nullptr;
  int64_t before_ms = 0;  // how far before any window it looks
};

/// The range function of that name, or null.
const WindowFunction* find_window_function(std::string_view name);

/// What evaluates `function` over windows with such edges, or null.
WindowEvaluate evaluate_over(const WindowFunction& function, WindowEdges edges);

/// The error of a function that can't have such windows: FailedPrecondition, naming those that can.
Status edges_error(const WindowFunction& function, WindowEdges edges);

/// The families that find_window_function looks through.
std::span<const WindowFunction> rate_functions();
std::span<const WindowFunction> over_time_functions();
std::span<const WindowFunction> regression_functions();
std::span<const WindowFunction> change_functions();
std::span<const WindowFunction> x_functions();

/// Prometheus' quantile of values, which it sorts: NaN first, interpolated between neighbours.
double quantile_of(double q, std::vector<double>& values);

}  // namespace mnemo::promql
