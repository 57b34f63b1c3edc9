// SPDX-License-Identifier: Apache-2.0
#include "promql/plan/needed_labels.hpp"

#include <string>
#include <vector>

namespace mnemo::promql {
namespace {

using Names = std::vector<std::string>;

bool is_fold(AggregateOp op) {
  switch (op) {
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio:
    case AggregateOp::kCountValues: return false;
    default: return true;
  }
}

/// `needed` null: all labels.
void mark(Plan& plan, const Names* needed);

void mark_call(CallPlan& call, const Names* needed) {
  for (auto& argument : call.arguments) {
    // A function of ranges makes one series of each, and looks for two of the same labels only
    // where names may differ.
    bool one_by_one = argument->type == ValueType::kMatrix && argument->distinct_without_name &&
                      call.function->name != "absent_over_time";
    mark(*argument, one_by_one ? needed : nullptr);
  }
}

void mark(Plan& plan, const Names* needed) {
  switch (plan.kind) {
    case PlanKind::kSelector:
      if (needed) static_cast<SelectorPlan&>(plan).needed_labels = *needed;
      break;
    case PlanKind::kRangeSelector:
      mark(*static_cast<RangeSelectorPlan&>(plan).selector, needed);
      break;
    case PlanKind::kSubquery: mark(*static_cast<SubqueryPlan&>(plan).expr, nullptr); break;
    case PlanKind::kNegation: mark(*static_cast<NegationPlan&>(plan).expr, nullptr); break;
    case PlanKind::kBinary:
      mark(*static_cast<BinaryPlan&>(plan).left, nullptr);
      mark(*static_cast<BinaryPlan&>(plan).right, nullptr);
      break;
    case PlanKind::kAggregate: {
      auto& aggregate = static_cast<AggregatePlan&>(plan);
      bool by_labels = is_fold(aggregate.op) && !aggregate.without;
      mark(*aggregate.expr, by_labels ? &aggregate.grouping : nullptr);
      if (aggregate.parameter) mark(*aggregate.parameter, nullptr);
      break;
    }
    case PlanKind::kCall: mark_call(static_cast<CallPlan&>(plan), needed); break;
    case PlanKind::kStepInvariant: mark(*static_cast<StepInvariantPlan&>(plan).expr, needed); break;
    case PlanKind::kNameRemoval: mark(*static_cast<NameRemovalPlan&>(plan).expr, nullptr); break;
    case PlanKind::kNumber:
    case PlanKind::kString: break;
  }
}

}  // namespace

void find_needed_labels(Plan& plan) { mark(plan, nullptr); }

}  // namespace mnemo::promql
