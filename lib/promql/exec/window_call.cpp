// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/call.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/exec/sample_counter.hpp"
#include "promql/exec/selector.hpp"
#include "promql/functions/extended_windows.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace mnemo::promql {
namespace {

bool is_range(const Plan& plan) { return plan.type == ValueType::kMatrix; }

/// Where notes about a call point to: its first argument, but the start of the query for
/// subqueries, which have no place of their own once they are evaluated (as in Prometheus).
PositionRange annotated_position(const Plan& argument) {
  return argument.kind == PlanKind::kSubquery ? PositionRange{} : argument.position;
}

/// The samples of a window that are later than `after`.
uint64_t weight_after(const Window& window, int64_t after) {
  auto later = [after](std::span<const int64_t> times) {
    return static_cast<size_t>(times.end() - std::upper_bound(times.begin(), times.end(), after));
  };
  uint64_t samples = later(window.times);
  for (const auto& histogram : window.histograms.last(later(window.histogram_times))) {
    samples += histogram_weight(*histogram);
  }
  return samples;
}

/// Windows that are selected are read for the first step and move on from there; a subquery counts
/// what it reads itself.
void count_windows(const WindowCall& call, PlanKind range) {
  if (call.grid.counter == nullptr) return;
  bool is_selected = range != PlanKind::kSubquery;
  bool moves = !call.shape.shift.is_fixed();
  for_each_window(call, [&](size_t step, const Window& window) {
    uint64_t samples = weight_after(window, std::numeric_limits<int64_t>::min());
    call.grid.counter->add(step, samples);
    if (!is_selected) return;
    if (step > 0) {
      int64_t end = window.end + call.shape.after_ms;
      samples = moves ? weight_after(window, end - call.grid.step_ms) : 0;
    }
    call.grid.counter->add_read(step, samples);
  });
}

/// A range function over the windows of a plan.
struct WindowJob {
  const Plan& range;
  WindowShape shape;
  WindowEvaluate evaluate;
  bool keeps_name = false;
  PositionRange position;  // what notes point to
};

class WindowOperator : public Operator {
 public:
  WindowOperator(const WindowJob& job, const Grid& grid, QueryState& state)
      : job_(job), grid_(grid), state_(state) {}

  Status evaluate_scalars(const CallPlan& plan) {
    for (const auto& argument : plan.arguments) {
      if (is_range(*argument)) continue;
      MNEMO_TRY(auto values, evaluate_scalar(*argument, grid_, state_, before_));
      scalars_.push_back(std::move(values));
    }
    return {};
  }

  /// What is selected is evaluated on all threads; the steps of a subquery come one by one.
  Status open() {
    if (job_.range.kind == PlanKind::kSubquery) {
      MNEMO_TRY(source_, make_range_source(job_.range, job_.shape, grid_, state_));
      return {};
    }
    auto kernel = [this](SeriesScratch& scratch, StepColumn& out, Annotations& notes) {
      std::swap(scratch.ranges.labels, out.labels);
      split_samples(scratch.samples, scratch.ranges);
      return evaluate(scratch.ranges, out, notes);
    };
    columns_ = make_range_columns(job_.range, job_.shape, grid_, state_, std::move(kernel));
    return {};
  }

  Result<bool> next(StepColumn& out) override {
    MNEMO_TRY(bool more, columns_ ? columns_->next(out) : next_of_subquery(out));
    if (!more || job_.range.distinct_without_name) return more;
    if (!seen_.insert(out.labels.hash()).second) return duplicate_labels_error();
    return true;
  }

  void annotate(Annotations& into) const override {
    if (columns_) columns_->annotate(into);
    if (source_) source_->annotate(into);
    into.merge(before_);
    into.merge(own_);
    if (columns_) into.merge(columns_->notes());
  }

 private:
  Result<bool> next_of_subquery(StepColumn& out) {
    while (true) {
      MNEMO_TRY(bool more, source_->next(series_));
      if (!more) return false;
      if (series_.size() == 0) continue;
      out.reset(grid_.count);
      MNEMO_TRY(bool any, evaluate(series_, out, own_));
      if (any) return true;
    }
  }

  /// Moves the labels of `series` to `out`.
  Result<bool> evaluate(RangeSeries& series, StepColumn& out, Annotations& notes) const {
    if (series.size() == 0) return false;
    WindowCall call{series, grid_, job_.shape, scalars_, job_.position, notes};
    call.type_and_unit_labels = state_.type_and_unit_labels;
    count_windows(call, job_.range.kind);
    call.context = &state_.context;
    MNEMO_RETURN_IF_ERROR(job_.evaluate(call, out));
    MNEMO_RETURN_IF_ERROR(state_.context.check());
    if (!out.any()) return false;
    std::swap(out.labels, series.labels);
    out.drop_name = series.drop_name;
    if (!job_.keeps_name) state_.drop_name(out);
    return true;
  }

  WindowJob job_;
  Grid grid_;
  QueryState& state_;
  std::vector<std::vector<double>> scalars_;
  std::unique_ptr<SelectedColumns> columns_;  // this, or
  std::unique_ptr<RangeSource> source_;       // this
  RangeSeries series_;
  Annotations before_;
  Annotations own_;
  std::unordered_set<uint64_t> seen_;
};

/// One series with a 1 at each step at which no input series has a window with samples.
Result<StepMatrix> absent_over(const Plan& range, Operator& present, const Grid& grid,
                               const QueryState& state, Annotations& annotations) {
  StepMatrix result(1);
  result[0].labels = absent_labels(range);
  result[0].reset(grid.count);
  result[0].drop_name = state.delayed_name_removal;
  for (size_t step = 0; step < grid.count; ++step) result[0].set(step, 1);
  StepColumn series;
  while (true) {
    auto more = present.next(series);
    if (!more.ok()) return std::move(more).status();
    if (!*more) break;
    for (size_t step = 0; step < grid.count; ++step) {
      if (series.present(step)) result[0].cells[step] = Cell::kAbsent;
    }
  }
  present.annotate(annotations);
  return result;
}

/// For absent_over_time, two series of one set of labels are no failure.
class PresenceOperator : public Operator {
 public:
  PresenceOperator(PlanKind range, const WindowShape& shape, const Grid& grid,
                   std::unique_ptr<RangeSource> source)
      : range_(range), shape_(shape), grid_(grid), source_(std::move(source)) {}

  Result<bool> next(StepColumn& out) override {
    MNEMO_TRY(bool more, source_->next(series_));
    if (!more) return false;
    out.reset(grid_.count);
    WindowCall call{series_, grid_, shape_, {}, {}, notes_};
    for_each_window(call, [&](size_t step, const Window&) { out.set(step, 1); });
    count_windows(call, range_);
    return true;
  }
  void annotate(Annotations& into) const override { source_->annotate(into); }

 private:
  PlanKind range_;
  WindowShape shape_;
  Grid grid_;
  std::unique_ptr<RangeSource> source_;
  RangeSeries series_;
  Annotations notes_;
};

}  // namespace

Result<OperatorPtr> make_window_operator(const CallPlan& plan, const Grid& grid,
                                         QueryState& state) {
  const WindowFunction* function = find_window_function(plan.function->name);
  if (!function) return OperatorPtr();
  const Plan* range = nullptr;
  for (const auto& argument : plan.arguments) {
    if (is_range(*argument)) range = argument.get();
  }
  WindowShape shape = window_shape(*range, state.lookback_ms);
  WindowEvaluate evaluate = evaluate_over(*function, shape.edges);
  if (!evaluate) return edges_error(*function, shape.edges);
  if (function->before_ms > 0 && range->kind == PlanKind::kSubquery) {
    return Status::unimplemented(std::string(function->name) +
                                 " over a subquery is not implemented");
  }
  shape.before_ms += function->before_ms;
  if (function->name == "absent_over_time") {
    MNEMO_TRY(auto source, make_range_source(*range, shape, grid, state));
    auto presence = std::make_shared<PresenceOperator>(range->kind, shape, grid, std::move(source));
    return make_matrix_operator([range, presence, grid, &state](Annotations& annotations) {
      return absent_over(*range, *presence, grid, state, annotations);
    });
  }
  PositionRange position = annotated_position(*plan.arguments[0]);
  auto result = std::make_unique<WindowOperator>(
      WindowJob{*range, shape, evaluate, function->keeps_name, position}, grid, state);
  MNEMO_RETURN_IF_ERROR(result->evaluate_scalars(plan));
  MNEMO_RETURN_IF_ERROR(result->open());
  return OperatorPtr(std::move(result));
}

Result<OperatorPtr> make_smoothed_operator(const SelectorPlan& plan, const Grid& grid,
                                           QueryState& state) {
  WindowShape shape = window_shape(plan, state.lookback_ms);
  auto result = std::make_unique<WindowOperator>(
      WindowJob{plan, shape, smoothed_values, true, plan.position}, grid, state);
  MNEMO_RETURN_IF_ERROR(result->open());
  return OperatorPtr(std::move(result));
}

}  // namespace mnemo::promql
