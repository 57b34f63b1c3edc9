// SPDX-License-Identifier: Apache-2.0
#include "promql/plan/describe.hpp"

#include "base/duration.hpp"
#include "base/number_text.hpp"
#include "base/quote.hpp"

#include <string>
#include <string_view>

namespace mnemo::promql {
namespace {

std::string in_parentheses(std::string_view word, const std::vector<std::string>& labels) {
  std::string text(word);
  text += " (";
  for (size_t i = 0; i < labels.size(); ++i) text += (i == 0 ? "" : ", ") + labels[i];
  return text + ")";
}

void append_shift(std::string& text, const TimeShift& shift) {
  if (shift.at_ms) text += " @ " + float_general(static_cast<double>(*shift.at_ms) / 1000);
  if (shift.offset_ms != 0) text += " offset " + format_duration_ms(shift.offset_ms);
}

std::string selector_name(const SelectorPlan& plan, std::string_view range) {
  std::string text = "select " + to_string(plan.matchers);
  text += range;
  if (plan.anchored) text += " anchored";
  if (plan.smoothed) text += " smoothed";
  append_shift(text, plan.shift);
  if (plan.needed_labels) text += ", " + in_parentheses("labels", *plan.needed_labels);
  if (plan.statistics_only) text += ", of histograms count and sum";
  return text;
}

std::string subquery_name(const SubqueryPlan& plan) {
  std::string text = "subquery [" + format_duration_ms(plan.range_ms) + ":" +
                     format_duration_ms(plan.step_ms) + "]";
  append_shift(text, plan.shift);
  return text;
}

std::string binary_name(const BinaryPlan& plan) {
  std::string text(operator_name(plan.op));
  if (plan.return_bool) text += " bool";
  if (!plan.matching) return text;
  const VectorMatching& matching = *plan.matching;
  text += ' ' + in_parentheses(matching.on ? "on" : "ignoring", matching.labels);
  if (matching.cardinality == MatchCardinality::kManyToOne) {
    text += ' ' + in_parentheses("group_left", matching.include);
  } else if (matching.cardinality == MatchCardinality::kOneToMany) {
    text += ' ' + in_parentheses("group_right", matching.include);
  }
  return text;
}

std::string aggregate_name(const AggregatePlan& plan) {
  std::string text(operator_name(plan.op));
  if (plan.grouping.empty() && !plan.without) return text;
  return text + ' ' + in_parentheses(plan.without ? "without" : "by", plan.grouping);
}

std::string name_of(const Plan& plan) {
  switch (plan.kind) {
    case PlanKind::kNumber: return float_general(plan_as<NumberPlan>(plan).value);
    case PlanKind::kString: return go_quoted(plan_as<StringPlan>(plan).value);
    case PlanKind::kSelector: return selector_name(plan_as<SelectorPlan>(plan), "");
    case PlanKind::kRangeSelector: {
      const auto& range = plan_as<RangeSelectorPlan>(plan);
      return selector_name(*range.selector, "[" + format_duration_ms(range.range_ms) + "]");
    }
    case PlanKind::kSubquery: return subquery_name(plan_as<SubqueryPlan>(plan));
    case PlanKind::kNegation: return "negate";
    case PlanKind::kBinary: return binary_name(plan_as<BinaryPlan>(plan));
    case PlanKind::kAggregate: return aggregate_name(plan_as<AggregatePlan>(plan));
    case PlanKind::kCall: return std::string(plan_as<CallPlan>(plan).function->name);
    case PlanKind::kStepInvariant: return "once for all steps";
    case PlanKind::kNameRemoval: return "remove names";
  }
  return "unknown";
}

std::vector<const Plan*> inputs_of(const Plan& plan) {
  switch (plan.kind) {
    case PlanKind::kSubquery: return {plan_as<SubqueryPlan>(plan).expr.get()};
    case PlanKind::kNegation: return {plan_as<NegationPlan>(plan).expr.get()};
    case PlanKind::kStepInvariant: return {plan_as<StepInvariantPlan>(plan).expr.get()};
    case PlanKind::kNameRemoval: return {plan_as<NameRemovalPlan>(plan).expr.get()};
    case PlanKind::kBinary: {
      const auto& binary = plan_as<BinaryPlan>(plan);
      return {binary.left.get(), binary.right.get()};
    }
    case PlanKind::kAggregate: {
      const auto& aggregate = plan_as<AggregatePlan>(plan);
      if (!aggregate.parameter) return {aggregate.expr.get()};
      return {aggregate.parameter.get(), aggregate.expr.get()};
    }
    case PlanKind::kCall: {
      std::vector<const Plan*> inputs;
      for (const auto& argument : plan_as<CallPlan>(plan).arguments) {
        inputs.push_back(argument.get());
      }
      return inputs;
    }
    case PlanKind::kNumber:
    case PlanKind::kString:
    case PlanKind::kSelector:
    case PlanKind::kRangeSelector: break;
  }
  return {};
}

}  // namespace

PlanNode describe(const Plan& plan, const PlanCosts& costs) {
  PlanNode node{name_of(plan), {}, 0, {}};
  if (auto cost = costs.find(&plan); cost != costs.end()) {
    node.time = cost->second.time;
    node.series = cost->second.series;
  }
  for (const Plan* input : inputs_of(plan)) node.inputs.push_back(describe(*input, costs));
  return node;
}

}  // namespace mnemo::promql
