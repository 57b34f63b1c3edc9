// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/selector.hpp"

#include "promql/exec/sample_counter.hpp"
#include "promql/exec/selected_input.hpp"

#include <optional>

namespace mnemo::promql {
namespace {

/// How much earlier than its first step the data of a selector is asked for.
int64_t lead(const SelectorPlan& plan, const Grid& grid) {
  return plan.shift.is_fixed() ? 0 : grid.lead_ms;
}

Selection instant_selection(const SelectorPlan& plan, const Grid& grid, const QueryState& state) {
  Selection selection;
  selection.range = {plan.shift.reference(grid.start_ms) - lead(plan, grid) - state.lookback_ms + 1,
                     plan.shift.reference(grid.last())};
  selection.step_ms = grid.single() ? 0 : grid.step_ms;
  return selection;
}

class SelectorOperator : public Operator {
 public:
  SelectorOperator(const SelectorPlan& plan, SelectorValue value, const Grid& grid,
                   QueryState& state)
      : shift_(plan.shift),
        value_(value),
        grid_(grid),
        lookback_ms_(state.lookback_ms),
        columns_(plan, instant_selection(plan, grid, state), grid, state,
                 [this](SeriesScratch& scratch, StepColumn& out, Annotations&) -> Result<bool> {
                   return fill(scratch.samples, out);
                 }) {}

  Result<bool> next(StepColumn& out) override {
    MNEMO_TRY(bool more, columns_.next(out));
    if (more && grid_.counter != nullptr) count(out);
    return more;
  }

  void annotate(Annotations& into) const override { columns_.annotate(into); }

 private:
  /// Looks up each step's sample; false when no step has one.
  bool fill(const SampleColumn& samples, StepColumn& out) const {
    bool any = false;
    size_t after = 0;  // the first sample that is later than the step
    const auto& times = samples.times;
    for (size_t step = 0; step < grid_.count; ++step) {
      int64_t reference = shift_.reference(grid_.time(step));
      while (after < times.size() && times[after] <= reference) ++after;
      if (after == 0 || times[after - 1] <= reference - lookback_ms_) continue;
      size_t i = after - 1;
      if (is_stale_nan(samples.values[i])) continue;
      any = true;
      bool is_histogram = samples.histogram(i) != nullptr;
      if (value_ == SelectorValue::kTimestamp ||
          (value_ == SelectorValue::kFloatTimestamp && !is_histogram)) {
        out.set(step, static_cast<double>(times[i]) / 1000);
      } else if (value_ == SelectorValue::kStartTimestamp) {
        int64_t start = samples.start_times.empty() ? 0 : samples.start_times[i];
        out.set(step, static_cast<double>(start) / 1000);
      } else if (is_histogram) {
        out.set(step, samples.histograms[i]);
      } else {
        out.set(step, samples.values[i]);
      }
    }
    return any;
  }

  void count(const StepColumn& series) const {
    for (size_t step = 0; step < series.steps(); ++step) {
      const FloatHistogram* histogram = series.histogram(step);
      if (!series.present(step)) continue;
      size_t samples = histogram == nullptr ? 1 : histogram_weight(*histogram);
      grid_.counter->add(step, samples);
      grid_.counter->add_read(step, samples);
    }
  }

  TimeShift shift_;
  SelectorValue value_;
  Grid grid_;
  int64_t lookback_ms_;
  SelectedColumns columns_;
};

/// What the selector of a RangeSelectorPlan, or a smoothed one of instants, selects.
const SelectorPlan& selector_of(const Plan& plan) {
  const auto* range = plan_as_if<RangeSelectorPlan>(&plan);
  return range ? *range->selector : plan_as<SelectorPlan>(plan);
}

Selection range_selection(const SelectorPlan& plan, const WindowShape& shape, const Grid& grid) {
  Selection selection;
  int64_t after =
      shape.shift.reference(grid.start_ms) - lead(plan, grid) - shape.range_ms - shape.before_ms;
  selection.range = {after + 1, shape.shift.reference(grid.last()) + shape.after_ms};
  selection.step_ms = grid.single() ? 0 : grid.step_ms;
  selection.range_ms = shape.range_ms;
  return selection;
}

class SelectedRanges : public RangeSource {
 public:
  SelectedRanges(const SelectorPlan& plan, const WindowShape& shape, const Grid& grid,
                 QueryState& state)
      : input_(plan, range_selection(plan, shape, grid), state) {}

  Result<bool> next(RangeSeries& out) override {
    MNEMO_TRY(bool more, input_.next(out.labels, samples_));
    if (!more) return false;
    split_samples(samples_, out);
    return true;
  }

  void annotate(Annotations& into) const override { input_.annotate(into); }

 private:
  SelectedInput input_;
  SampleColumn samples_;
};

/// The steps of a subquery: multiples of its own step that lie in the windows of `grid`.
Grid subquery_grid(const SubqueryPlan& plan, const Grid& grid) {
  int64_t after = plan.shift.reference(grid.start_ms) - plan.range_ms;
  int64_t start = plan.step_ms * (after / plan.step_ms);
  if (start <= after) start += plan.step_ms;
  auto steps = Grid::between(start, plan.shift.reference(grid.last()), plan.step_ms);
  steps.lead_ms = start - after + (plan.shift.is_fixed() ? 0 : grid.lead_ms);
  return steps;
}

class SubqueryRanges : public RangeSource {
 public:
  explicit SubqueryRanges(const Grid& grid) : grid_(grid) {}

  /// What the subquery looks at itself goes to `counter`, where that isn't null, or else where
  /// `outer` counts, as far as it is read for its windows.
  Status make_input(const SubqueryPlan& plan, const Grid& outer, QueryState& state,
                    SampleCounter* counter) {
    bool within = counter == nullptr && outer.counter != nullptr;
    grid_.counter = within ? &counter_.emplace(plan, grid_, outer) : counter;
    MNEMO_TRY(input_, make_operator(*plan.expr, grid_, state));
    return {};
  }

  Result<bool> next(RangeSeries& out) override {
    MNEMO_TRY(bool more, input_->next(column_));
    if (!more) return false;
    out.clear_samples();
    out.labels = column_.labels;
    out.drop_name = column_.drop_name;
    for (size_t step = 0; step < grid_.count; ++step) {
      if (column_.cells[step] == Cell::kFloat) {
        out.times.push_back(grid_.time(step));
        out.values.push_back(column_.values[step]);
      } else if (column_.cells[step] == Cell::kHistogram) {
        out.histogram_times.push_back(grid_.time(step));
        out.histograms.push_back(without_reset_hint(column_.histograms[step]));
      }
    }
    return true;
  }

  void annotate(Annotations& into) const override { input_->annotate(into); }

 private:
  /// What a hint says of the sample before it holds no more between the steps of a subquery.
  static HistogramPtr without_reset_hint(const HistogramPtr& histogram) {
    if (histogram->counter_reset_hint == CounterResetHint::kUnknown ||
        histogram->counter_reset_hint == CounterResetHint::kGauge) {
      return histogram;
    }
    auto copy = std::make_shared<FloatHistogram>(*histogram);
    copy->counter_reset_hint = CounterResetHint::kUnknown;
    return copy;
  }

  Grid grid_;
  std::optional<SampleCounter> counter_;
  OperatorPtr input_;
  StepColumn column_;
};

}  // namespace

OperatorPtr make_selector_operator(const SelectorPlan& plan, SelectorValue value, const Grid& grid,
                                   QueryState& state) {
  return std::make_unique<SelectorOperator>(plan, value, grid, state);
}

std::unique_ptr<SelectedColumns> make_range_columns(const Plan& plan, const WindowShape& shape,
                                                    const Grid& grid, QueryState& state,
                                                    SeriesKernel kernel) {
  const SelectorPlan& selector = selector_of(plan);
  return std::make_unique<SelectedColumns>(selector, range_selection(selector, shape, grid), grid,
                                           state, std::move(kernel));
}

Result<std::unique_ptr<RangeSource>> make_range_source(const Plan& plan, const WindowShape& shape,
                                                       const Grid& grid, QueryState& state,
                                                       SampleCounter* of_subquery) {
  if (plan.kind != PlanKind::kSubquery) {
    return std::unique_ptr<RangeSource>(
        std::make_unique<SelectedRanges>(selector_of(plan), shape, grid, state));
  }
  const auto& subquery = plan_as<SubqueryPlan>(plan);
  auto ranges = std::make_unique<SubqueryRanges>(subquery_grid(subquery, grid));
  MNEMO_RETURN_IF_ERROR(ranges->make_input(subquery, grid, state, of_subquery));
  return std::unique_ptr<RangeSource>(std::move(ranges));
}

WindowShape window_shape(const Plan& plan, int64_t lookback_ms) {
  if (const auto* subquery = plan_as_if<SubqueryPlan>(&plan)) {
    return {subquery->range_ms, subquery->shift};
  }
  const auto* range = plan_as_if<RangeSelectorPlan>(&plan);
  const SelectorPlan& selector = selector_of(plan);
  int64_t range_ms = range ? range->range_ms : 0;
  if (selector.anchored) {
    return {range_ms, selector.shift, WindowEdges::kAnchored, lookback_ms};
  }
  if (selector.smoothed) {
    return {range_ms, selector.shift, WindowEdges::kSmoothed, lookback_ms, lookback_ms};
  }
  return {range_ms, selector.shift};
}

}  // namespace mnemo::promql
