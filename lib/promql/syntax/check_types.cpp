// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/functions.hpp"
#include "promql/syntax/parse_state.hpp"

#include "promql/syntax/lex_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo::promql {
namespace {

/// The name of a type in Prometheus' documentation.
std::string_view documented_name(ValueType type) {
  switch (type) {
    case ValueType::kVector: return "instant vector";
    case ValueType::kMatrix: return "range vector";
    case ValueType::kScalar: return "scalar";
    case ValueType::kString: return "string";
  }
  return "none";
}

/// The name of a type in the HTTP API.
std::string_view short_name(ValueType type) {
  switch (type) {
    case ValueType::kVector: return "vector";
    case ValueType::kMatrix: return "matrix";
    default: return documented_name(type);
  }
}

bool is_scalar_or_vector(ValueType type) {
  return type == ValueType::kScalar || type == ValueType::kVector;
}

Status expect_type(const ParseState& state, Expr& expr, ValueType wanted,
                   std::string_view context) {
  MNEMO_RETURN_IF_ERROR(check_types(state, expr));
  if (expr.type == wanted) return {};
  return state.error_at(
      expr.position, fmt::format("expected type {} in {}, got {}", documented_name(wanted), context,
                                 documented_name(expr.type)));
}

Status check_aggregate(const ParseState& state, AggregateExpr& aggregate) {
  MNEMO_RETURN_IF_ERROR(
      expect_type(state, *aggregate.expr, ValueType::kVector, "aggregation expression"));
  if (!aggregate.parameter) return {};
  ValueType wanted =
      aggregate.op == AggregateOp::kCountValues ? ValueType::kString : ValueType::kScalar;
  return expect_type(state, *aggregate.parameter, wanted, "aggregation parameter");
}

/// Where the operator stands, with its modifiers: between the operands, without the space.
PositionRange operator_range(const ParseState& state, const BinaryExpr& binary) {
  std::string_view text = state.text();
  auto is_space = [&](size_t i) {
    return text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
  };
  PositionRange range{binary.left->position.end, binary.right->position.start};
  while (range.start < range.end && is_space(range.start)) ++range.start;
  while (range.end > range.start && is_space(range.end - 1)) --range.end;
  return range;
}

Status check_operator(const ParseState& state, BinaryExpr& binary) {
  auto error = [&](std::string_view text) {
    return state.error_at(operator_range(state, binary), text);
  };
  bool scalars = binary.type == ValueType::kScalar;
  if (binary.return_bool && !is_comparison(binary.op)) {
    return error("bool modifier can only be used on comparison operators");
  }
  if (is_comparison(binary.op) && !binary.return_bool && scalars) {
    return error("comparisons between scalars must use BOOL modifier");
  }
  auto& matching = *binary.matching;
  if (is_set_operator(binary.op) && matching.cardinality == MatchCardinality::kOneToOne) {
    matching.cardinality = MatchCardinality::kManyToMany;
  }
  if (!matching.on) return {};
  for (const auto& label : matching.labels) {
    const auto& include = matching.include;
    if (std::find(include.begin(), include.end(), label) != include.end()) {
      return error("label " + quote_text(label) + " must not occur in ON and GROUP clause at once");
    }
  }
  return {};
}

Status check_scalar_matching(const ParseState& state, BinaryExpr& binary) {
  auto error = [&](std::string_view text) { return state.error_at(binary.position, text); };
  if (!binary.matching->labels.empty()) {
    return error("vector matching only allowed between instant vectors");
  }
  if (binary.matching->fill_left || binary.matching->fill_right) {
    return error("filling in missing series only allowed between instant vectors");
  }
  binary.matching.reset();
  if (is_set_operator(binary.op)) {
    return error(fmt::format("set operator \"{}\" not allowed in binary scalar expression",
                             operator_name(binary.op)));
  }
  return {};
}

Status check_set_operator(const ParseState& state, const BinaryExpr& binary) {
  auto error = [&](std::string_view text) { return state.error_at(binary.position, text); };
  if (binary.matching->cardinality != MatchCardinality::kManyToMany) {
    return error(fmt::format("no grouping allowed for \"{}\" operation", operator_name(binary.op)));
  }
  if (binary.matching->fill_left || binary.matching->fill_right) {
    return error("filling in missing series not allowed for set operators");
  }
  return {};
}

Status check_binary(const ParseState& state, BinaryExpr& binary) {
  MNEMO_RETURN_IF_ERROR(check_types(state, *binary.left));
  MNEMO_RETURN_IF_ERROR(check_types(state, *binary.right));
  MNEMO_RETURN_IF_ERROR(check_operator(state, binary));
  for (const Expr* side : {binary.left.get(), binary.right.get()}) {
    if (!is_scalar_or_vector(side->type)) {
      return state.error_at(side->position,
                            "binary expression must contain only scalar and instant vector types");
    }
  }
  bool vectors =
      binary.left->type == ValueType::kVector && binary.right->type == ValueType::kVector;
  if (!vectors) return check_scalar_matching(state, binary);
  return is_set_operator(binary.op) ? check_set_operator(state, binary) : Status();
}

Status check_argument_count(const ParseState& state, const Call& call) {
  const Function& function = *call.function;
  size_t given = call.arguments.size();
  size_t listed = function.arguments.size();
  auto error = [&](std::string_view quantity, size_t wanted) {
    return state.error_at(
        call.position, fmt::format("expected {}{} argument(s) in call to \"{}\", got {}", quantity,
                                   wanted, function.name, given));
  };
  if (function.variadic == 0) return given == listed ? Status() : error("", listed);
  size_t least = listed - 1;
  if (given < least) return error("at least ", least);
  size_t most = least + static_cast<size_t>(std::max(function.variadic, 0));
  return function.variadic > 0 && given > most ? error("at most ", most) : Status();
}

/// The second argument of `info` selects labels only.
Status check_info_selector(const ParseState& state, const Call& call) {
  Expr& argument = *call.arguments[1];
  if (argument.type != ValueType::kVector) {
    return state.error_at(call.position,
                          fmt::format("expected type instant vector in call to function "
                                      "\"info\", got {}",
                                      documented_name(argument.type)));
  }
  auto* selector = as_if<VectorSelector>(&argument);
  if (!selector) return state.error_at(argument.position, "expected label selectors only");
  if (!selector->name.empty()) {
    return state.error_at(argument.position,
                          "expected label selectors only, got vector selector instead");
  }
  selector->allow_empty_matchers = true;
  return {};
}

Status check_call(const ParseState& state, Call& call) {
  MNEMO_RETURN_IF_ERROR(check_argument_count(state, call));
  const Function& function = *call.function;
  if (function.name == "info" && call.arguments.size() > 1) {
    MNEMO_RETURN_IF_ERROR(check_info_selector(state, call));
  }
  std::string context = fmt::format("call to function \"{}\"", function.name);
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    ValueType wanted = function.arguments[std::min(i, function.arguments.size() - 1)];
    MNEMO_RETURN_IF_ERROR(expect_type(state, *call.arguments[i], wanted, context));
  }
  return {};
}

Status check_unary(const ParseState& state, UnaryExpr& unary) {
  MNEMO_RETURN_IF_ERROR(check_types(state, *unary.expr));
  if (is_scalar_or_vector(unary.type)) return {};
  return state.error_at(unary.position,
                        fmt::format("unary expression only allowed on expressions of type scalar "
                                    "or instant vector, got \"{}\"",
                                    documented_name(unary.type)));
}

Status check_subquery(const ParseState& state, SubqueryExpr& subquery) {
  MNEMO_RETURN_IF_ERROR(check_types(state, *subquery.expr));
  if (subquery.expr->type == ValueType::kVector) return {};
  return state.error_at(subquery.position,
                        fmt::format("subquery is only allowed on instant vector, got {} instead",
                                    short_name(subquery.expr->type)));
}

Status check_vector_selector(const ParseState& state, const VectorSelector& selector) {
  const auto& matchers = selector.matchers;
  if (!selector.name.empty()) {
    auto second = std::find_if(matchers.begin(), matchers.end() - 1,
                               [](const Matcher& m) { return m.name() == kMetricName; });
    if (second == matchers.end() - 1) return {};
    return state.error_at(selector.position,
                          "metric name must not be set twice: " + quote_text(selector.name) +
                              " or " + quote_text(second->value()));
  }
  if (selector.allow_empty_matchers) return {};
  bool all_empty = std::all_of(matchers.begin(), matchers.end(),
                               [](const Matcher& m) { return m.matches_empty(); });
  if (!all_empty) return {};
  return state.error_at(selector.position,
                        "vector selector must contain at least one non-empty matcher");
}

}  // namespace

Status check_types(const ParseState& state, Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber:
    case ExprKind::kString: return {};
    case ExprKind::kVectorSelector: return check_vector_selector(state, as<VectorSelector>(expr));
    case ExprKind::kMatrixSelector:
      return check_vector_selector(state, *as<MatrixSelector>(expr).selector);
    case ExprKind::kSubquery: return check_subquery(state, as<SubqueryExpr>(expr));
    case ExprKind::kUnary: return check_unary(state, as<UnaryExpr>(expr));
    case ExprKind::kBinary: return check_binary(state, as<BinaryExpr>(expr));
    case ExprKind::kAggregate: return check_aggregate(state, as<AggregateExpr>(expr));
    case ExprKind::kCall: return check_call(state, as<Call>(expr));
    case ExprKind::kParen: return check_types(state, *as<ParenExpr>(expr).expr);
  }
  return {};
}

}  // namespace mnemo::promql
