// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parse_state.hpp"

#include <cmath>
#include <utility>

// Durations in brackets and after `offset`. A plain number or duration stays one; everything else
// is a DurationExpr, which is experimental.

namespace mnemo::promql {
namespace {

constexpr double kLongestSeconds = 9223372036.854775807;  // 2^63 nanoseconds

bool out_of_range(double seconds) {
  return !(std::abs(seconds) <= kLongestSeconds);  // nor is NaN in range
}

DurationExprPtr to_expression(DurationValue value) {
  if (value.expr) return std::move(value.expr);
  auto expr = std::make_unique<DurationExpr>();
  expr->seconds = value.seconds;
  expr->is_duration = value.is_duration;
  expr->position = value.range;
  return expr;
}

DurationValue from_expression(DurationExprPtr expr) {
  DurationValue value;
  value.range = expr->position;
  value.expr = std::move(expr);
  return value;
}

Status check_enabled(const ParseState& state, PositionRange range) {
  if (state.options().enable_duration_expressions) return {};
  return state.error_at(range, "experimental duration expression is not enabled");
}

struct DurationBinary {
  DurationOp op;
  int precedence;
  bool right_associative = false;
};

std::optional<DurationBinary> binary_operator(TokenType type) {
  switch (type) {
    case TokenType::kAdd: return DurationBinary{DurationOp::kAdd, 1};
    case TokenType::kSub: return DurationBinary{DurationOp::kSub, 1};
    case TokenType::kMul: return DurationBinary{DurationOp::kMul, 2};
    case TokenType::kDiv: return DurationBinary{DurationOp::kDiv, 2};
    case TokenType::kMod: return DurationBinary{DurationOp::kMod, 2};
    case TokenType::kPow: return DurationBinary{DurationOp::kPow, 3, true};
    default: return {};
  }
}

bool is_sign(TokenType type) { return type == TokenType::kAdd || type == TokenType::kSub; }

Result<DurationValue> parse_binary(ParseState& state, int least_precedence);

Result<DurationValue> parse_literal(ParseState& state) {
  MNEMO_TRY(NumberToken number, parse_number_token(state));
  if (out_of_range(number.seconds)) return state.error_at(number.range, "duration out of range");
  DurationValue value;
  value.seconds = number.seconds;
  value.is_duration = number.is_duration;
  value.range = number.range;
  return value;
}

/// `step()` and `range()`.
Result<DurationValue> parse_query_time(ParseState& state) {
  const Token& word = state.take();
  auto expr = std::make_unique<DurationExpr>();
  expr->op = word.type == TokenType::kStep ? DurationOp::kStep : DurationOp::kRange;
  expr->position.start = word.start;
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kLeftParen));
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kRightParen));
  expr->position.end = state.last_end();
  MNEMO_RETURN_IF_ERROR(check_enabled(state, expr->position));
  return from_expression(std::move(expr));
}

/// `min_of(a, b)` and `max_of(a, b)`.
Result<DurationValue> parse_extreme(ParseState& state) {
  const Token& word = state.take();
  auto expr = std::make_unique<DurationExpr>();
  expr->op = word.type == TokenType::kMinOf ? DurationOp::kMinOf : DurationOp::kMaxOf;
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kLeftParen));
  MNEMO_TRY(DurationValue left, parse_binary(state, 1));
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kComma));
  MNEMO_TRY(DurationValue right, parse_binary(state, 1));
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kRightParen));
  expr->left = to_expression(std::move(left));
  expr->right = to_expression(std::move(right));
  expr->position = {expr->left->position.start, expr->right->position.end};
  MNEMO_RETURN_IF_ERROR(check_enabled(state, expr->position));
  return from_expression(std::move(expr));
}

/// Keeps parentheses for the printer: a plain number gets a unary plus around it.
DurationExprPtr in_parentheses(DurationValue value, PositionRange range) {
  if (value.expr) {
    value.expr->parenthesized = true;
    return std::move(value.expr);
  }
  auto expr = std::make_unique<DurationExpr>();
  expr->op = DurationOp::kAdd;
  expr->position = range;
  expr->parenthesized = true;
  expr->right = to_expression(std::move(value));
  return expr;
}

Result<DurationValue> parse_parentheses(ParseState& state) {
  size_t start = state.take().start;
  MNEMO_TRY(DurationValue inner, parse_binary(state, 1));
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kRightParen));
  MNEMO_RETURN_IF_ERROR(check_enabled(state, inner.range));
  return from_expression(in_parentheses(std::move(inner), {start, state.last_end()}));
}

/// `value` with the sign before it.
Result<DurationValue> apply_sign(const ParseState& state, const Token& sign, DurationValue value) {
  bool minus = sign.type == TokenType::kSub;
  if (!value.expr) {
    if (minus) value.seconds = -value.seconds;
    if (out_of_range(value.seconds)) {
      return state.error_at(sign.range(), "duration out of range");
    }
    value.range.start = sign.start;
    return value;
  }
  if (!minus) return value;
  auto expr = std::make_unique<DurationExpr>();
  expr->op = DurationOp::kSub;
  expr->position = {sign.start, value.range.end};
  expr->right = std::move(value.expr);
  return from_expression(std::move(expr));
}

Result<DurationValue> parse_operand(ParseState& state) {
  switch (state.type()) {
    case TokenType::kNumber:
    case TokenType::kDuration: return parse_literal(state);
    case TokenType::kStep:
    case TokenType::kRange: return parse_query_time(state);
    case TokenType::kMinOf:
    case TokenType::kMaxOf: return parse_extreme(state);
    case TokenType::kLeftParen: return parse_parentheses(state);
    case TokenType::kAdd:
    case TokenType::kSub: {
      const Token& sign = state.take();
      MNEMO_TRY(DurationValue value, parse_binary(state, 3));
      return apply_sign(state, sign, std::move(value));
    }
    default: return state.unexpected();
  }
}

Result<DurationValue> combine(const ParseState& state, const Token& op, DurationOp kind,
                              DurationValue left, DurationValue right) {
  MNEMO_RETURN_IF_ERROR(check_enabled(state, left.range));
  bool zero = !right.expr && right.seconds == 0;
  if (zero && kind == DurationOp::kDiv) return state.error_at(op.range(), "division by zero");
  if (zero && kind == DurationOp::kMod) return state.error_at(op.range(), "modulo by zero");
  auto expr = std::make_unique<DurationExpr>();
  expr->op = kind;
  expr->position = {left.range.start, right.range.end};
  expr->left = to_expression(std::move(left));
  expr->right = to_expression(std::move(right));
  return from_expression(std::move(expr));
}

Result<DurationValue> parse_binary(ParseState& state, int least_precedence) {
  ParseState::Level level(state);
  MNEMO_RETURN_IF_ERROR(level.check());
  MNEMO_TRY(DurationValue left, parse_operand(state));
  for (size_t count = 0;; ++count) {
    auto op = binary_operator(state.type());
    if (!op || op->precedence < least_precedence) return left;
    if (count > state.options().max_depth) {
      return state.error_at(state.peek().range(), "duration expression is too long");
    }
    const Token& token = state.take();
    MNEMO_TRY(DurationValue right,
              parse_binary(state, op->precedence + (op->right_associative ? 0 : 1)));
    MNEMO_TRY(left, combine(state, token, op->op, std::move(left), std::move(right)));
  }
}

}  // namespace

Result<DurationValue> parse_bracket_duration(ParseState& state) {
  MNEMO_TRY(DurationValue value, parse_binary(state, 1));
  if (!value.expr && !(value.seconds > 0)) {
    return state.error_at(value.range, "duration must be greater than 0");
  }
  return value;
}

Result<DurationValue> parse_offset_duration(ParseState& state) {
  if (is_number(state.type())) return parse_literal(state);
  if (is_sign(state.type())) {
    const Token& sign = state.take();
    MNEMO_TRY(DurationValue value, parse_operand(state));
    return apply_sign(state, sign, std::move(value));
  }
  if (state.is(TokenType::kLeftParen)) return parse_binary(state, 1);
  return parse_operand(state);
}

}  // namespace mnemo::promql
