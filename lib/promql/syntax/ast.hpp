// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/matcher.hpp>
#include <mnemo/promql.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::promql {

struct Function;  // promql/syntax/functions.hpp

/// Bytes [start, end) of the query text.
struct PositionRange {
  size_t start = 0;
  size_t end = 0;
  friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

enum class ExprKind {
  kNumber,          // NumberLiteral
  kString,          // StringLiteral
  kVectorSelector,  // VectorSelector
  kMatrixSelector,  // MatrixSelector
  kSubquery,        // SubqueryExpr
  kUnary,           // UnaryExpr
  kBinary,          // BinaryExpr
  kAggregate,       // AggregateExpr
  kCall,            // Call
  kParen,           // ParenExpr
};

enum class UnaryOp { kPlus, kMinus };

enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kTrimUpper,  // "</"
  kTrimLower,  // ">/"
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kUnless,
};

enum class AggregateOp {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kCountValues,
  kQuantile,
  kLimitk,
  kLimitRatio,
};

/// As they are written: "+", "atan2", "unless", "count_values". The views are static.
std::string_view operator_name(UnaryOp op);
std::string_view operator_name(BinaryOp op);
std::string_view operator_name(AggregateOp op);

bool is_comparison(BinaryOp op);
bool is_set_operator(BinaryOp op);
/// Whether the aggregation takes a parameter before the vector.
bool has_parameter(AggregateOp op);

/// A node of the syntax tree. `kind` says which of the structs below it is; `as<T>` casts. A tree
/// is owned by its root, and is not changed by the engine: it may be read by many threads.
struct Expr {
  const ExprKind kind;
  ValueType type = ValueType::kScalar;  // what it evaluates to
  PositionRange position;
  uint32_t height = 1;  // of the tree below; the parser keeps it bounded

  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;
  virtual ~Expr() = default;

 protected:
  Expr(ExprKind k, ValueType t) : kind(k), type(t) {}
};

using ExprPtr = std::unique_ptr<Expr>;

/// `expr` as the struct that its kind says. REQUIRES: expr.kind == T::kKind.
template <typename T>
const T& as(const Expr& expr) {
  return static_cast<const T&>(expr);
}
template <typename T>
T& as(Expr& expr) {
  return static_cast<T&>(expr);
}
/// The same, null where it is something else.
template <typename T>
const T* as_if(const Expr* expr) {
  return expr && expr->kind == T::kKind ? static_cast<const T*>(expr) : nullptr;
}
template <typename T>
T* as_if(Expr* expr) {
  return expr && expr->kind == T::kKind ? static_cast<T*>(expr) : nullptr;
}

enum class DurationOp {
  kNumber,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kStep,
  kRange,
  kMinOf,
  kMaxOf
};

/// As they are written: "+", "step", "max_of"; of kNumber empty. The views are static.
std::string_view operator_name(DurationOp op);

/// A duration that is computed when the query is: `[5m + step()]` (experimental in Prometheus).
/// Binary: both sides; kAdd and kSub without `left` are unary; kNumber, kStep, kRange: no sides.
struct DurationExpr {
  DurationOp op = DurationOp::kNumber;
  double seconds = 0;        // of kNumber
  bool is_duration = false;  // of kNumber: written as a duration ("5m"), not as a number ("300")
  bool parenthesized = false;
  PositionRange position;
  std::unique_ptr<DurationExpr> left;
  std::unique_ptr<DurationExpr> right;
};

using DurationExprPtr = std::unique_ptr<DurationExpr>;

/// What `@ start()` and `@ end()` stand for.
enum class AtEdge { kNone, kStart, kEnd };

/// The modifiers `offset` and `@`. At most one of `at_ms` and `at_edge` is set.
struct TimeModifiers {
  int64_t offset_ms = 0;        // as written; 0 when offset_expr is set
  DurationExprPtr offset_expr;  // null: offset_ms holds
  std::optional<int64_t> at_ms;
  AtEdge at_edge = AtEdge::kNone;

  bool has_offset() const { return offset_ms != 0 || offset_expr; }
  bool has_at() const { return at_ms.has_value() || at_edge != AtEdge::kNone; }
};

struct NumberLiteral : Expr {
  static constexpr ExprKind kKind = ExprKind::kNumber;
  double value = 0;
  bool is_duration = false;  // written as a duration; `value` in seconds
  NumberLiteral() : Expr(kKind, ValueType::kScalar) {}
};

struct StringLiteral : Expr {
  static constexpr ExprKind kKind = ExprKind::kString;
  std::string value;
  StringLiteral() : Expr(kKind, ValueType::kString) {}
};

struct VectorSelector : Expr {
  static constexpr ExprKind kKind = ExprKind::kVectorSelector;
  std::string name;               // outside the braces; empty without one
  std::vector<Matcher> matchers;  // those in the braces, then `__name__` where `name` is set
  TimeModifiers modifiers;
  bool anchored = false;
  bool smoothed = false;
  bool allow_empty_matchers = false;  // the label selector of `info()`
  VectorSelector() : Expr(kKind, ValueType::kVector) {}
};

/// `name{...}[range]`; the modifiers are those of `selector`.
struct MatrixSelector : Expr {
  static constexpr ExprKind kKind = ExprKind::kMatrixSelector;
  std::unique_ptr<VectorSelector> selector;
  int64_t range_ms = 0;        // 0 when range_expr is set
  DurationExprPtr range_expr;  // null: range_ms holds
  MatrixSelector() : Expr(kKind, ValueType::kMatrix) {}
};

/// `expr[range:step]`.
struct SubqueryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kSubquery;
  ExprPtr expr;
  int64_t range_ms = 0;
  DurationExprPtr range_expr;
  int64_t step_ms = 0;  // 0 without step_expr: the engine's default
  DurationExprPtr step_expr;
  TimeModifiers modifiers;
  SubqueryExpr() : Expr(kKind, ValueType::kMatrix) {}
};

struct UnaryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kUnary;
  UnaryOp op = UnaryOp::kPlus;
  ExprPtr expr;
  UnaryExpr() : Expr(kKind, ValueType::kVector) {}
};

enum class MatchCardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

/// How series of two vectors are paired.
struct VectorMatching {
  MatchCardinality cardinality = MatchCardinality::kOneToOne;
  bool on = false;                   // else `ignoring`
  std::vector<std::string> labels;   // of on or ignoring
  std::vector<std::string> include;  // of group_left or group_right
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

struct BinaryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kBinary;
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr left;
  ExprPtr right;
  bool return_bool = false;
  std::optional<VectorMatching> matching;  // set if and only if both sides are vectors
  BinaryExpr() : Expr(kKind, ValueType::kVector) {}
};

struct AggregateExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kAggregate;
  AggregateOp op = AggregateOp::kSum;
  ExprPtr expr;
  ExprPtr parameter;  // null where the operator has none
  std::vector<std::string> grouping;
  bool without = false;
  AggregateExpr() : Expr(kKind, ValueType::kVector) {}
};

struct Call : Expr {
  static constexpr ExprKind kKind = ExprKind::kCall;
  const Function* function = nullptr;  // static
  std::vector<ExprPtr> arguments;
  Call() : Expr(kKind, ValueType::kVector) {}
};

struct ParenExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::kParen;
  ExprPtr expr;
  ParenExpr() : Expr(kKind, ValueType::kVector) {}
};

/// The direct children of a node, in the order of Prometheus' walk (an aggregation's vector comes
/// before its parameter).
std::vector<const Expr*> children(const Expr& expr);

/// `expr` without the parentheses around it.
const Expr& without_parens(const Expr& expr);

}  // namespace mnemo::promql
