// SPDX-License-Identifier: Apache-2.0
#include "fuzz/targets.hpp"
#include "promql/plan/plan.hpp"
#include "promql/syntax/functions.hpp"
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mnemo::fuzz {
namespace {

using namespace promql;

bool same_bits(double a, double b) {
  return a == b ? std::signbit(a) == std::signbit(b) : std::isnan(a) && std::isnan(b);
}

/// Durations are printed as by Prometheus: -0 as "0s", and some a millisecond too short ("8001ms").
bool same_number(double a, double b, bool is_duration) {
  return is_duration ? std::abs(a - b) < 0.0011 : same_bits(a, b);
}

bool same(const DurationExprPtr& a, const DurationExprPtr& b) {
  if (!a || !b) return a == b;
  return a->op == b->op && same_number(a->seconds, b->seconds, a->is_duration) &&
         a->is_duration == b->is_duration && a->parenthesized == b->parenthesized &&
         same(a->left, b->left) && same(a->right, b->right);
}

bool same(const TimeModifiers& a, const TimeModifiers& b) {
  return a.offset_ms == b.offset_ms && same(a.offset_expr, b.offset_expr) && a.at_ms == b.at_ms &&
         a.at_edge == b.at_edge;
}

/// In order of their text, in which they are printed.
std::vector<std::string> matchers_of(const VectorSelector& selector) {
  std::vector<std::string> texts;
  for (const auto& matcher : selector.matchers) texts.push_back(matcher.to_string());
  std::sort(texts.begin(), texts.end());
  return texts;
}

bool same(const VectorSelector& a, const VectorSelector& b) {
  return a.name == b.name && matchers_of(a) == matchers_of(b) && same(a.modifiers, b.modifiers) &&
         a.anchored == b.anchored && a.smoothed == b.smoothed;
}

bool same(const std::optional<double>& a, const std::optional<double>& b) {
  return a.has_value() == b.has_value() && (!a || same_bits(*a, *b));
}

bool same(const std::optional<VectorMatching>& a, const std::optional<VectorMatching>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->cardinality == b->cardinality && a->on == b->on && a->labels == b->labels &&
         a->include == b->include && same(a->fill_left, b->fill_left) &&
         same(a->fill_right, b->fill_right);
}

/// What two nodes of one kind say beside their children.
bool same_node(const Expr& a, const Expr& b) {
  switch (a.kind) {
    case ExprKind::kNumber:
      return same_number(as<NumberLiteral>(a).value, as<NumberLiteral>(b).value,
                         as<NumberLiteral>(a).is_duration) &&
             as<NumberLiteral>(a).is_duration == as<NumberLiteral>(b).is_duration;
    case ExprKind::kString: return as<StringLiteral>(a).value == as<StringLiteral>(b).value;
    case ExprKind::kVectorSelector: return same(as<VectorSelector>(a), as<VectorSelector>(b));
    case ExprKind::kMatrixSelector:
      return same(*as<MatrixSelector>(a).selector, *as<MatrixSelector>(b).selector) &&
             as<MatrixSelector>(a).range_ms == as<MatrixSelector>(b).range_ms &&
             same(as<MatrixSelector>(a).range_expr, as<MatrixSelector>(b).range_expr);
    case ExprKind::kSubquery: {
      const auto& x = as<SubqueryExpr>(a);
      const auto& y = as<SubqueryExpr>(b);
      return x.range_ms == y.range_ms && same(x.range_expr, y.range_expr) &&
             x.step_ms == y.step_ms && same(x.step_expr, y.step_expr) &&
             same(x.modifiers, y.modifiers);
    }
    case ExprKind::kUnary: return as<UnaryExpr>(a).op == as<UnaryExpr>(b).op;
    case ExprKind::kBinary:
      return as<BinaryExpr>(a).op == as<BinaryExpr>(b).op &&
             as<BinaryExpr>(a).return_bool == as<BinaryExpr>(b).return_bool &&
             same(as<BinaryExpr>(a).matching, as<BinaryExpr>(b).matching);
    case ExprKind::kAggregate:
      return as<AggregateExpr>(a).op == as<AggregateExpr>(b).op &&
             as<AggregateExpr>(a).grouping == as<AggregateExpr>(b).grouping &&
             as<AggregateExpr>(a).without == as<AggregateExpr>(b).without;
    case ExprKind::kCall: return as<Call>(a).function == as<Call>(b).function;
    case ExprKind::kParen: return true;
  }
  return false;
}

/// What a plus is before. An infinite number is printed with one, as by Prometheus, that is read as
/// a sign before a power.
const Expr& without_plus(const Expr& expr) {
  const auto* unary = as_if<UnaryExpr>(&expr);
  return unary && unary->op == UnaryOp::kPlus ? without_plus(*unary->expr) : expr;
}

/// Trees that differ in nothing but plus signs and where their parts are in the text.
bool same_tree(const Expr& signed_a, const Expr& signed_b) {
  const Expr& a = without_plus(signed_a);
  const Expr& b = without_plus(signed_b);
  if (a.kind != b.kind || a.type != b.type || !same_node(a, b)) return false;
  auto left = children(a);
  auto right = children(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Expr* x, const Expr* y) { return same_tree(*x, *y); });
}

/// Positions lie in the text, and those of the children in those of the parent.
void check_positions(const Expr& expr, size_t begin, size_t end) {
  require(begin <= expr.position.start && expr.position.start <= expr.position.end);
  require(expr.position.end <= end);
  for (const auto* child : children(expr)) {
    check_positions(*child, expr.position.start, expr.position.end);
  }
}

constexpr PlanContext kContexts[] = {
    {1'780'272'000'000, 1'780'272'000'000, 0, 60'000},
    {1'780'272'000'000, 1'780'275'600'000, 15'000, 60'000},
    {-1'000, 5'000, 7, 1},
};

void check_expression(std::string_view text, const ParserOptions& options) {
  auto expr = parse_expression(text, options);
  if (!expr) {
    require(!expr.status().message().empty());
    return;
  }
  check_positions(**expr, 0, text.size());
  for (const auto& printed : {to_string(**expr), to_pretty_string(**expr)}) {
    if (printed.size() > options.max_bytes) continue;
    auto again = parse_expression(printed, options);
    require(again.ok());
    require(same_tree(**expr, **again));
  }
  for (const auto& context : kContexts) (void)make_plan(**expr, context);
}

}  // namespace

/// What parses is printed so that it parses to the same, and can be planned; what is enabled only
/// adds to the language.
void run_promql(std::span<const uint8_t> data) {
  std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  check_expression(text, ParserOptions::all_enabled());
  check_expression(text, {});
  if (parse_expression(text)) require(parse_expression(text, ParserOptions::all_enabled()).ok());
  (void)parse_selector(text);
  (void)parse_metric(text);
}

}  // namespace mnemo::fuzz
