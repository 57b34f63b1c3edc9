// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/aggregate.hpp"
#include "promql/exec/binary.hpp"
#include "promql/exec/call.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/exec/operator.hpp"
#include "promql/exec/sample_counter.hpp"
#include "promql/exec/selector.hpp"

#include "model/histogram_math.hpp"

#include <chrono>

namespace mnemo::promql {
namespace {

OperatorPtr make_number(const NumberPlan& plan, const Grid& grid) {
  return make_matrix_operator([value = plan.value, grid](Annotations&) -> Result<StepMatrix> {
    StepMatrix result(1);
    result[0].reset(grid.count);
    for (size_t step = 0; step < grid.count; ++step) result[0].set(step, value);
    return result;
  });
}

void negate(StepColumn& series) {
  for (double& value : series.values) value = -value;
  for (HistogramPtr& histogram : series.histograms) {
    if (!histogram) continue;
    auto negated = std::make_shared<FloatHistogram>(*histogram);
    multiply(*negated, -1);
    histogram = std::move(negated);
  }
}

Result<OperatorPtr> make_negation(const NegationPlan& plan, const Grid& grid, QueryState& state) {
  MNEMO_TRY(OperatorPtr input, make_operator(*plan.expr, grid, state));
  return make_map_operator(
      std::move(input), labels_without_name(*plan.expr, state),
      [&state](StepColumn& series, Annotations&) {
        state.drop_name(series);
        negate(series);
      },
      state);
}

/// The end of a query: takes off what was marked to be dropped.
Result<OperatorPtr> make_name_removal(const NameRemovalPlan& plan, const Grid& grid,
                                      QueryState& state) {
  MNEMO_TRY(OperatorPtr input, make_operator(*plan.expr, grid, state));
  auto labels =
      plan.expr->distinct_without_name ? ResultLabels::kDistinct : ResultLabels::kMayCollide;
  return make_map_operator(
      std::move(input), labels,
      [](StepColumn& series, Annotations&) {
        if (series.drop_name) series.labels = without_metadata(series.labels);
        series.drop_name = false;
      },
      state);
}

/// Evaluates its input once, at the first step, and repeats what comes.
class StepInvariantOperator : public Operator {
 public:
  StepInvariantOperator(const Grid& grid) : grid_(grid), counter_(0) {}

  Status make_input(const Plan& plan, QueryState& state) {
    Grid first{grid_.start_ms, grid_.step_ms, 1};
    if (grid_.counter != nullptr) first.counter = &counter_;
    MNEMO_TRY(input_, make_operator(plan, first, state));
    return {};
  }

  Result<bool> next(StepColumn& out) override {
    MNEMO_TRY(bool more, input_->next(once_));
    if (grid_.counter != nullptr) count_at_each_step();
    if (!more) return false;
    out.labels = std::move(once_.labels);
    out.reset(grid_.count);
    out.drop_name = once_.drop_name;
    for (size_t step = 0; step < grid_.count; ++step) out.copy_cell(step, once_, 0);
    return true;
  }

  void annotate(Annotations& into) const override { input_->annotate(into); }

 private:
  void count_at_each_step() {
    uint64_t added = counter_.total() - counted_;
    for (size_t step = 0; step < grid_.count && added > 0; ++step) grid_.counter->add(step, added);
    counted_ += added;
    grid_.counter->add_read(0, counter_.read() - read_);
    read_ = counter_.read();
  }

  OperatorPtr input_;
  Grid grid_;
  StepColumn once_;
  SampleCounter counter_;  // of the one evaluation
  uint64_t counted_ = 0;   // of these
  uint64_t read_ = 0;      // once, at the first step
};

Result<OperatorPtr> make_step_invariant(const StepInvariantPlan& plan, const Grid& grid,
                                        QueryState& state) {
  auto result = std::make_unique<StepInvariantOperator>(grid);
  MNEMO_RETURN_IF_ERROR(result->make_input(*plan.expr, state));
  return OperatorPtr(std::move(result));
}

/// Measures what an operator takes and gives.
class MeasuredOperator : public Operator {
 public:
  MeasuredOperator(OperatorPtr input, PlanCost& cost) : input_(std::move(input)), cost_(cost) {}

  Result<bool> next(StepColumn& out) override {
    auto begin = std::chrono::steady_clock::now();
    auto more = input_->next(out);
    cost_.time += std::chrono::steady_clock::now() - begin;
    if (more.ok() && *more) ++cost_.series;
    return more;
  }
  void annotate(Annotations& into) const override { input_->annotate(into); }

 private:
  OperatorPtr input_;
  PlanCost& cost_;
};

Result<OperatorPtr> make_unmeasured(const Plan& plan, const Grid& grid, QueryState& state) {
  if (grid.count == 0) {
    return make_matrix_operator([](Annotations&) -> Result<StepMatrix> { return StepMatrix(); });
  }
  if (grid.count > state.max_samples) return state.hold(grid.count);  // even one series is too much
  switch (plan.kind) {
    case PlanKind::kNumber: return make_number(plan_as<NumberPlan>(plan), grid);
    case PlanKind::kSelector: {
      const auto& selector = plan_as<SelectorPlan>(plan);
      if (selector.smoothed) return make_smoothed_operator(selector, grid, state);
      return make_selector_operator(selector, SelectorValue::kSample, grid, state);
    }
    case PlanKind::kNegation: return make_negation(plan_as<NegationPlan>(plan), grid, state);
    case PlanKind::kBinary: return make_binary_operator(plan_as<BinaryPlan>(plan), grid, state);
    case PlanKind::kAggregate:
      return make_aggregate_operator(plan_as<AggregatePlan>(plan), grid, state);
    case PlanKind::kCall: return make_call_operator(plan_as<CallPlan>(plan), grid, state);
    case PlanKind::kStepInvariant:
      return make_step_invariant(plan_as<StepInvariantPlan>(plan), grid, state);
    case PlanKind::kNameRemoval:
      return make_name_removal(plan_as<NameRemovalPlan>(plan), grid, state);
    case PlanKind::kString:
    case PlanKind::kRangeSelector:
    case PlanKind::kSubquery: break;
  }
  return Status::internal("a range or a string where a vector is expected");
}

}  // namespace

Result<OperatorPtr> make_operator(const Plan& plan, const Grid& grid, QueryState& state) {
  if (state.costs == nullptr) return make_unmeasured(plan, grid, state);
  auto begin = std::chrono::steady_clock::now();
  MNEMO_TRY(OperatorPtr result, make_unmeasured(plan, grid, state));
  PlanCost& cost = (*state.costs)[&plan];  // stays where it is
  cost.time += std::chrono::steady_clock::now() - begin;
  return OperatorPtr(std::make_unique<MeasuredOperator>(std::move(result), cost));
}

}  // namespace mnemo::promql
