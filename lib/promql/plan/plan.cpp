// SPDX-License-Identifier: Apache-2.0
#include "promql/plan/plan.hpp"

#include "promql/exec/scalar_math.hpp"
#include "promql/plan/durations.hpp"
#include "promql/plan/needed_labels.hpp"

#include <algorithm>
#include <array>

namespace mnemo::promql {
namespace {

/// Functions whose value depends on the step even where their arguments don't.
bool depends_on_step(std::string_view function) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "day_of_month", "day_of_week", "day_of_year", "days_in_month",  "hour", "minute",
      "month",        "time",        "timestamp",   "predict_linear", "year"};
  return std::find(kNames.begin(), kNames.end(), function) != kNames.end();
}

bool has_one_metric_name(const std::vector<Matcher>& matchers) {
  return std::any_of(matchers.begin(), matchers.end(), [](const Matcher& matcher) {
    return matcher.type() == MatchType::kEqual && matcher.name() == kMetricName;
  });
}

/// A part of the plan, and whether it is the same at every step. `wrap` is false for what needs no
/// StepInvariantPlan around it (ranges are evaluated once anyway, literals cost nothing).
struct Planned {
  PlanPtr plan;
  bool invariant = false;
  bool wrap = false;
};

PlanPtr wrapped(Planned part) {
  if (!part.wrap) return std::move(part.plan);
  auto invariant = std::make_unique<StepInvariantPlan>();
  invariant->type = part.plan->type;
  invariant->position = part.plan->position;
  invariant->distinct_without_name = part.plan->distinct_without_name;
  invariant->expr = std::move(part.plan);
  return invariant;
}

PlanPtr with_names_removed(PlanPtr expr) {
  auto removal = std::make_unique<NameRemovalPlan>();
  removal->type = expr->type;
  removal->position = expr->position;
  removal->distinct_without_name = expr->distinct_without_name;
  removal->expr = std::move(expr);
  return removal;
}

class Planner {
 public:
  explicit Planner(const PlanContext& context) : context_(context) {}

  Result<Planned> plan(const Expr& expr, const SelectorHints& hints) {
    switch (expr.kind) {
      case ExprKind::kNumber: return number(as<NumberLiteral>(expr).value, expr);
      case ExprKind::kString: return string(as<StringLiteral>(expr));
      case ExprKind::kVectorSelector: return selector(as<VectorSelector>(expr), hints);
      case ExprKind::kMatrixSelector: return range_selector(as<MatrixSelector>(expr), hints);
      case ExprKind::kSubquery: return subquery(as<SubqueryExpr>(expr), hints);
      case ExprKind::kUnary: return unary(as<UnaryExpr>(expr), hints);
      case ExprKind::kBinary: return binary(as<BinaryExpr>(expr));
      case ExprKind::kAggregate: return aggregate(as<AggregateExpr>(expr));
      case ExprKind::kCall: return call(as<Call>(expr));
      case ExprKind::kParen: return plan(*as<ParenExpr>(expr).expr, hints);
    }
    return Status::internal("unknown kind of expression");
  }

 private:
  static Planned number(double value, const Expr& at) {
    auto node = std::make_unique<NumberPlan>();
    node->value = value;
    node->position = at.position;
    node->distinct_without_name = true;
    return {std::move(node), true, false};
  }

  static Planned string(const StringLiteral& literal) {
    auto node = std::make_unique<StringPlan>();
    node->value = literal.value;
    node->position = literal.position;
    return {std::move(node), true, false};
  }

  Result<TimeShift> shift(const TimeModifiers& modifiers) const {
    TimeShift result{modifiers.offset_ms, modifiers.at_ms};
    if (modifiers.offset_expr) {
      MNEMO_TRY(result.offset_ms,
                evaluate_duration(*modifiers.offset_expr, context_, DurationSign::kAny));
    }
    if (modifiers.at_edge == AtEdge::kStart) result.at_ms = context_.start_ms;
    if (modifiers.at_edge == AtEdge::kEnd) result.at_ms = context_.end_ms;
    return result;
  }

  Result<int64_t> duration(const DurationExprPtr& expr, int64_t literal) const {
    if (!expr) return literal;
    return evaluate_duration(*expr, context_, DurationSign::kPositive);
  }

  Result<std::unique_ptr<SelectorPlan>> make_selector(const VectorSelector& expr,
                                                      const SelectorHints& hints) const {
    auto node = std::make_unique<SelectorPlan>();
    node->position = expr.position;
    node->matchers = expr.matchers;
    MNEMO_TRY(node->shift, shift(expr.modifiers));
    node->hints = hints;
    node->anchored = expr.anchored;
    node->smoothed = expr.smoothed;
    node->statistics_only = wants_statistics_ > 0 && needs_buckets_ == 0;
    node->distinct_without_name = has_one_metric_name(node->matchers);
    return node;
  }

  Result<Planned> selector(const VectorSelector& expr, const SelectorHints& hints) {
    MNEMO_TRY(auto node, make_selector(expr, hints));
    bool invariant = node->shift.at_ms.has_value();
    return Planned{std::move(node), invariant, invariant};
  }

  Result<Planned> range_selector(const MatrixSelector& expr, const SelectorHints& hints) {
    auto node = std::make_unique<RangeSelectorPlan>();
    node->position = expr.position;
    MNEMO_TRY(node->selector, make_selector(*expr.selector, hints));
    MNEMO_TRY(node->range_ms, duration(expr.range_expr, expr.range_ms));
    node->distinct_without_name = node->selector->distinct_without_name;
    bool invariant = node->selector->shift.at_ms.has_value();
    return Planned{std::move(node), invariant, false};
  }

  Result<Planned> subquery(const SubqueryExpr& expr, const SelectorHints& hints) {
    auto node = std::make_unique<SubqueryPlan>();
    node->position = expr.position;
    MNEMO_TRY(node->range_ms, duration(expr.range_expr, expr.range_ms));
    MNEMO_TRY(node->step_ms, duration(expr.step_expr, expr.step_ms));
    if (node->step_ms == 0) node->step_ms = context_.default_subquery_step_ms;
    MNEMO_TRY(node->shift, shift(expr.modifiers));
    Nesting nesting(needs_buckets_, true);
    SelectorHints inner = hints;
    inner.grouping_by = false;
    inner.grouping_labels.clear();
    MNEMO_TRY(Planned part, plan(*expr.expr, inner));
    node->distinct_without_name = part.plan->distinct_without_name;
    part.wrap = part.invariant && part.plan->kind != PlanKind::kNumber;
    node->expr = wrapped(std::move(part));
    bool invariant = node->shift.at_ms.has_value();
    return Planned{std::move(node), invariant, false};
  }

  Result<Planned> unary(const UnaryExpr& expr, const SelectorHints& hints) {
    MNEMO_TRY(Planned part, plan(*expr.expr, hints));
    if (expr.op == UnaryOp::kPlus) return part;
    if (const auto* literal = plan_as_if<NumberPlan>(part.plan.get())) {
      return number(-literal->value, expr);
    }
    auto node = std::make_unique<NegationPlan>();
    node->position = expr.position;
    node->type = part.plan->type;
    node->distinct_without_name = part.plan->distinct_without_name;
    node->expr = std::move(part.plan);
    return Planned{std::move(node), part.invariant, part.wrap};
  }

  Result<Planned> binary(const BinaryExpr& expr) {
    bool trims = expr.op == BinaryOp::kTrimLower || expr.op == BinaryOp::kTrimUpper;
    Nesting nesting(needs_buckets_, trims);
    MNEMO_TRY(Planned left, plan(*expr.left, {}));
    MNEMO_TRY(Planned right, plan(*expr.right, {}));
    const auto* x = plan_as_if<NumberPlan>(left.plan.get());
    const auto* y = plan_as_if<NumberPlan>(right.plan.get());
    if (x && y && !trims) return number(scalar_binary(expr.op, x->value, y->value), expr);
    auto node = std::make_unique<BinaryPlan>();
    node->position = expr.position;
    node->type = expr.type;
    node->op = expr.op;
    node->return_bool = expr.return_bool;
    node->matching = expr.matching;
    bool invariant = left.invariant && right.invariant;
    node->distinct_without_name = binary_is_distinct(*node, *left.plan, *right.plan);
    node->left = invariant ? std::move(left.plan) : wrapped(std::move(left));
    node->right = invariant ? std::move(right.plan) : wrapped(std::move(right));
    return Planned{std::move(node), invariant, invariant};
  }

  static bool binary_is_distinct(const BinaryPlan& node, const Plan& left, const Plan& right) {
    if (!node.matching) return left.distinct_without_name && right.distinct_without_name;
    return node.op == BinaryOp::kAnd || node.op == BinaryOp::kUnless ? left.distinct_without_name
                                                                     : false;
  }

  Result<Planned> aggregate(const AggregateExpr& expr) {
    auto node = std::make_unique<AggregatePlan>();
    node->position = expr.position;
    node->op = expr.op;
    node->grouping = expr.grouping;
    std::sort(node->grouping.begin(), node->grouping.end());
    node->without = expr.without;
    SelectorHints hints;
    hints.func = operator_name(expr.op);
    hints.grouping_by = !expr.without;
    hints.grouping_labels = node->grouping;
    MNEMO_TRY(Planned part, plan(without_parens(*expr.expr), hints));
    if (expr.parameter) {
      MNEMO_TRY(Planned parameter, plan(without_parens(*expr.parameter), hints));
      node->parameter = std::move(parameter.plan);
    }
    bool keeps_series = expr.op == AggregateOp::kTopk || expr.op == AggregateOp::kBottomk ||
                        expr.op == AggregateOp::kLimitk || expr.op == AggregateOp::kLimitRatio;
    node->distinct_without_name =
        keeps_series ? part.plan->distinct_without_name : removes_name(*node);
    node->expr = std::move(part.plan);
    return Planned{std::move(node), part.invariant, part.wrap};
  }

  static bool removes_name(const AggregatePlan& node) {
    if (node.op == AggregateOp::kCountValues) return false;
    return node.without || std::find(node.grouping.begin(), node.grouping.end(), kMetricName) ==
                               node.grouping.end();
  }

  Result<Planned> call(const Call& expr) {
    std::string_view name = expr.function->name;
    if (auto folded = fold_query_function(name)) return number(*folded, expr);
    auto node = std::make_unique<CallPlan>();
    node->position = expr.position;
    node->function = expr.function;
    node->type = expr.type;
    SelectorHints hints;
    hints.func = name;
    Nesting statistics(wants_statistics_, reads_statistics(name));
    Nesting buckets(needs_buckets_, reads_buckets(name));
    std::vector<Planned> parts;
    bool invariant = !depends_on_step(name);
    bool timestamp_of_selectors = name == "timestamp";
    for (const auto& argument : expr.arguments) {
      MNEMO_TRY(Planned part, plan(without_parens(*argument), hints));
      invariant = invariant && part.invariant;
      if (!part.invariant || part.plan->kind != PlanKind::kSelector) timestamp_of_selectors = false;
      parts.push_back(std::move(part));
    }
    invariant = invariant || timestamp_of_selectors;
    for (auto& part : parts) {
      node->arguments.push_back(invariant ? std::move(part.plan) : wrapped(std::move(part)));
    }
    node->distinct_without_name = call_is_distinct(*node);
    return Planned{std::move(node), invariant, invariant};
  }

  static bool call_is_distinct(const CallPlan& node) {
    std::string_view name = node.function->name;
    if (name == "label_replace" || name == "label_join" || name == "info") return false;
    return std::all_of(node.arguments.begin(), node.arguments.end(), [](const PlanPtr& argument) {
      return argument->type == ValueType::kString || argument->type == ValueType::kScalar ||
             argument->distinct_without_name;
    });
  }

  /// start(), end(), range() and step() are numbers once the query is known.
  std::optional<double> fold_query_function(std::string_view name) const {
    if (name == "start") return static_cast<double>(context_.start_ms) / 1000;
    if (name == "end") return static_cast<double>(context_.end_ms) / 1000;
    if (name == "range") return static_cast<double>(context_.end_ms - context_.start_ms) / 1000;
    if (name != "step") return std::nullopt;
    if (context_.start_ms == context_.end_ms) return 0;
    return static_cast<double>(context_.step_ms) / 1000;
  }

  /// Counts what surrounds the part that is being planned.
  class Nesting {
   public:
    Nesting(int& depth, bool enter) : depth_(depth), entered_(enter ? 1 : 0) { depth_ += entered_; }
    ~Nesting() { depth_ -= entered_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    int& depth_;
    int entered_;
  };

  static bool reads_statistics(std::string_view function) {
    return function == "histogram_count" || function == "histogram_sum" ||
           function == "histogram_avg";
  }
  static bool reads_buckets(std::string_view function) {
    return function == "histogram_quantile" || function == "histogram_quantiles" ||
           function == "histogram_fraction";
  }

  const PlanContext& context_;
  int wants_statistics_ = 0;  // functions around that read count and sum only
  int needs_buckets_ = 0;     // what is around that needs all of a histogram
};

}  // namespace

Result<PlanPtr> make_plan(const Expr& expr, const PlanContext& context) {
  MNEMO_TRY(Planned root, Planner(context).plan(expr, {}));
  PlanPtr plan = wrapped(std::move(root));
  find_needed_labels(*plan);
  if (!context.delayed_name_removal) return plan;
  if (plan->type == ValueType::kVector) return with_names_removed(std::move(plan));
  if (plan->kind == PlanKind::kSubquery) {
    auto& subquery = static_cast<SubqueryPlan&>(*plan);
    subquery.expr = with_names_removed(std::move(subquery.expr));
  }
  return plan;
}

}  // namespace mnemo::promql
