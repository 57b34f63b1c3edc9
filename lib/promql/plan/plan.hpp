// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/ast.hpp"
#include "promql/syntax/functions.hpp"

#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mnemo::promql {

enum class PlanKind {
  kNumber,         // NumberPlan
  kString,         // StringPlan
  kSelector,       // SelectorPlan
  kRangeSelector,  // RangeSelectorPlan
  kSubquery,       // SubqueryPlan
  kNegation,       // NegationPlan
  kBinary,         // BinaryPlan
  kAggregate,      // AggregatePlan
  kCall,           // CallPlan
  kStepInvariant,  // StepInvariantPlan
  kNameRemoval,    // NameRemovalPlan
};

/// A node of the logical plan: the syntax tree with every time and duration known, parentheses
/// gone, constants folded, and the parts that are the same at every step marked to be evaluated
/// once. `plan_as<T>` casts, as for the syntax tree. Not changed by its evaluation.
struct Plan {
  const PlanKind kind;
  ValueType type = ValueType::kVector;
  PositionRange position;
  /// Series of the result stay distinct without their names: all come from one metric name, or
  /// have none. What removes names can then pass series on one by one.
  bool distinct_without_name = false;

  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  virtual ~Plan() = default;

 protected:
  explicit Plan(PlanKind k) : kind(k) {}
};

using PlanPtr = std::unique_ptr<Plan>;

template <typename T>
const T& plan_as(const Plan& plan) {
  return static_cast<const T&>(plan);
}
template <typename T>
const T* plan_as_if(const Plan* plan) {
  return plan && plan->kind == T::kKind ? static_cast<const T*>(plan) : nullptr;
}

struct NumberPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kNumber;
  double value = 0;
  NumberPlan() : Plan(kKind) { type = ValueType::kScalar; }
};

struct StringPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kString;
  std::string value;
  StringPlan() : Plan(kKind) { type = ValueType::kString; }
};

/// Where a selector or a subquery looks: `offset_ms` before the step, or before `at_ms`.
struct TimeShift {
  int64_t offset_ms = 0;
  std::optional<int64_t> at_ms;
  int64_t reference(int64_t step_time) const { return at_ms.value_or(step_time) - offset_ms; }
  /// Whether every step refers to the same time.
  bool is_fixed() const { return at_ms.has_value(); }
};

/// What surrounds a selector; for the source of its samples.
struct SelectorHints {
  std::string func;
  bool grouping_by = false;
  std::vector<std::string> grouping_labels;
};

struct SelectorPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kSelector;
  std::vector<Matcher> matchers;
  TimeShift shift;
  SelectorHints hints;
  bool anchored = false;
  bool smoothed = false;
  bool statistics_only = false;  // of histograms, only count and sum matter
  /// Those besides what describes the metric; sorted. Not set: all (needed_labels.hpp).
  std::optional<std::vector<std::string>> needed_labels;
  SelectorPlan() : Plan(kKind) {}
};

struct RangeSelectorPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kRangeSelector;
  std::unique_ptr<SelectorPlan> selector;
  int64_t range_ms = 0;
  RangeSelectorPlan() : Plan(kKind) { type = ValueType::kMatrix; }
};

struct SubqueryPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kSubquery;
  PlanPtr expr;
  int64_t range_ms = 0;
  int64_t step_ms = 0;
  TimeShift shift;
  SubqueryPlan() : Plan(kKind) { type = ValueType::kMatrix; }
};

/// Unary minus; unary plus leaves no trace.
struct NegationPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kNegation;
  PlanPtr expr;
  NegationPlan() : Plan(kKind) {}
};

struct BinaryPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kBinary;
  BinaryOp op = BinaryOp::kAdd;
  PlanPtr left;
  PlanPtr right;
  bool return_bool = false;
  std::optional<VectorMatching> matching;
  BinaryPlan() : Plan(kKind) {}
};

struct AggregatePlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kAggregate;
  AggregateOp op = AggregateOp::kSum;
  PlanPtr expr;
  PlanPtr parameter;                  // null where the operator has none
  std::vector<std::string> grouping;  // sorted
  bool without = false;
  AggregatePlan() : Plan(kKind) {}
};

struct CallPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kCall;
  const Function* function = nullptr;  // static
  std::vector<PlanPtr> arguments;
  CallPlan() : Plan(kKind) {}
};

/// The same at every step: evaluated at the first one and repeated.
struct StepInvariantPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kStepInvariant;
  PlanPtr expr;
  StepInvariantPlan() : Plan(kKind) {}
};

/// Takes metric names off that are dropped when the query ends. What it surrounds gives the result.
struct NameRemovalPlan : Plan {
  static constexpr PlanKind kKind = PlanKind::kNameRemoval;
  PlanPtr expr;
  NameRemovalPlan() : Plan(kKind) {}
};

/// The query around an expression; times in milliseconds.
struct PlanContext {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;  // 0: an instant query
  int64_t default_subquery_step_ms = 60'000;
  bool delayed_name_removal = false;
};

/// Errors: InvalidArgument (a computed duration that is none, with its position).
Result<PlanPtr> make_plan(const Expr& expr, const PlanContext& context);

}  // namespace mnemo::promql
