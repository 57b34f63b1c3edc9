// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/call.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/exec/selector.hpp"

#include <unordered_set>

namespace mnemo::promql {
namespace {

bool is_range(const Plan& plan) { return plan.type == ValueType::kMatrix; }

/// Where notes about a call point to: its first argument, but the start of the query for
/// subqueries, which have no place of their own once they are evaluated (as in Prometheus).
PositionRange annotated_position(const Plan& argument) {
  return argument.kind == PlanKind::kSubquery ? PositionRange{} : argument.position;
}

class WindowOperator : public Operator {
 public:
  WindowOperator(const CallPlan& plan, const WindowFunction& function, const Grid& grid,
                 QueryState& state, std::unique_ptr<RangeSource> source, const Plan& range)
      : function_(function),
        position_(annotated_position(*plan.arguments[0])),
        shape_(window_shape(range)),
        grid_(grid),
        state_(state),
        source_(std::move(source)) {}

  Status evaluate_scalars(const CallPlan& plan) {
    for (const auto& argument : plan.arguments) {
      if (is_range(*argument)) continue;
      MNEMO_TRY(auto values, evaluate_scalar(*argument, grid_, state_, before_));
      scalars_.push_back(std::move(values));
    }
    return {};
  }

  Result<bool> next(StepColumn& out) override {
    while (true) {
      MNEMO_TRY(bool more, source_->next(series_));
      if (!more) return false;
      if (series_.size() == 0) continue;
      out.reset(grid_.count);
      WindowCall call{series_, grid_, shape_, scalars_, position_, own_};
      MNEMO_RETURN_IF_ERROR(function_.evaluate(call, out));
      if (!out.any()) continue;
      out.labels = function_.keeps_name ? series_.labels : without_metadata(series_.labels);
      if (!seen_.insert(out.labels.hash()).second) return duplicate_labels_error();
      return true;
    }
  }

  void annotate(Annotations& into) const override {
    source_->annotate(into);
    into.merge(before_);
    into.merge(own_);
  }

 private:
  const WindowFunction& function_;
  PositionRange position_;
  WindowShape shape_;
  Grid grid_;
  QueryState& state_;
  std::unique_ptr<RangeSource> source_;
  std::vector<std::vector<double>> scalars_;
  RangeSeries series_;
  Annotations before_;
  Annotations own_;
  std::unordered_set<uint64_t> seen_;
};

/// One series with a 1 at each step at which no input series has a window with samples.
Result<StepMatrix> absent_over(const Plan& range, Operator& present, const Grid& grid,
                               Annotations& annotations) {
  StepMatrix result(1);
  result[0].labels = absent_labels(range);
  result[0].reset(grid.count);
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
  PresenceOperator(const Plan& range, const Grid& grid, std::unique_ptr<RangeSource> source)
      : shape_(window_shape(range)), grid_(grid), source_(std::move(source)) {}

  Result<bool> next(StepColumn& out) override {
    MNEMO_TRY(bool more, source_->next(series_));
    if (!more) return false;
    out.reset(grid_.count);
    WindowCall call{series_, grid_, shape_, {}, {}, notes_};
    for_each_window(call, [&](size_t step, const Window&) { out.set(step, 1); });
    return true;
  }
  void annotate(Annotations& into) const override { source_->annotate(into); }

 private:
  WindowShape shape_;
  Grid grid_;
  std::unique_ptr<RangeSource> source_;
  RangeSeries series_;
  Annotations notes_;
};

Status check_modifiers(const CallPlan& plan, const Plan& range) {
  const auto* selector = plan_as_if<RangeSelectorPlan>(&range);
  if (!selector || (!selector->selector->anchored && !selector->selector->smoothed)) return {};
  return Status::unimplemented(std::string(plan.function->name) + " over an " +
                               (selector->selector->anchored ? "anchored" : "smoothed") +
                               " selector is not implemented");
}

}  // namespace

Result<OperatorPtr> make_window_operator(const CallPlan& plan, const Grid& grid,
                                         QueryState& state) {
  const WindowFunction* function = find_window_function(plan.function->name);
  if (!function) return OperatorPtr();
  const Plan* range = nullptr;
  for (const auto& argument : plan.arguments) {
    if (is_range(*argument)) range = argument.get();
  }
  MNEMO_RETURN_IF_ERROR(check_modifiers(plan, *range));
  MNEMO_TRY(auto source, make_range_source(*range, grid, state));
  if (function->name == "absent_over_time") {
    auto presence = std::make_shared<PresenceOperator>(*range, grid, std::move(source));
    return make_matrix_operator([range, presence, grid](Annotations& annotations) {
      return absent_over(*range, *presence, grid, annotations);
    });
  }
  auto result =
      std::make_unique<WindowOperator>(plan, *function, grid, state, std::move(source), *range);
  MNEMO_RETURN_IF_ERROR(result->evaluate_scalars(plan));
  return OperatorPtr(std::move(result));
}

}  // namespace mnemo::promql
