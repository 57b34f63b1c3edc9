// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parser.hpp"

#include "promql/syntax/functions.hpp"
#include "promql/syntax/lex_text.hpp"
#include "promql/syntax/parse_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mnemo::promql {
namespace {

constexpr SyntaxContext kInAggregation = {"aggregation", ""};

constexpr int kSignPrecedence = 6;  // of the operand of a sign: only "^" binds tighter

struct BinaryOperator {
  BinaryOp op;
  int precedence;
  bool right_associative = false;
};

std::optional<BinaryOperator> binary_operator(TokenType type) {
  switch (type) {
    case TokenType::kOr: return BinaryOperator{BinaryOp::kOr, 1};
    case TokenType::kAnd: return BinaryOperator{BinaryOp::kAnd, 2};
    case TokenType::kUnless: return BinaryOperator{BinaryOp::kUnless, 2};
    case TokenType::kEqual: return BinaryOperator{BinaryOp::kEqual, 3};
    case TokenType::kNotEqual: return BinaryOperator{BinaryOp::kNotEqual, 3};
    case TokenType::kLess: return BinaryOperator{BinaryOp::kLess, 3};
    case TokenType::kLessEqual: return BinaryOperator{BinaryOp::kLessEqual, 3};
    case TokenType::kGreater: return BinaryOperator{BinaryOp::kGreater, 3};
    case TokenType::kGreaterEqual: return BinaryOperator{BinaryOp::kGreaterEqual, 3};
    case TokenType::kTrimUpper: return BinaryOperator{BinaryOp::kTrimUpper, 3};
    case TokenType::kTrimLower: return BinaryOperator{BinaryOp::kTrimLower, 3};
    case TokenType::kAdd: return BinaryOperator{BinaryOp::kAdd, 4};
    case TokenType::kSub: return BinaryOperator{BinaryOp::kSub, 4};
    case TokenType::kMul: return BinaryOperator{BinaryOp::kMul, 5};
    case TokenType::kDiv: return BinaryOperator{BinaryOp::kDiv, 5};
    case TokenType::kMod: return BinaryOperator{BinaryOp::kMod, 5};
    case TokenType::kAtan2: return BinaryOperator{BinaryOp::kAtan2, 5};
    case TokenType::kPow: return BinaryOperator{BinaryOp::kPow, 6, true};
    default: return {};
  }
}

Result<ExprPtr> parse_binary(ParseState& state, int least_precedence);

/// What comes after an aggregation's name; after anything else the name is a metric's.
bool follows_aggregation(TokenType type) {
  return type == TokenType::kLeftParen || type == TokenType::kBy || type == TokenType::kWithout;
}

bool begins_expression(TokenType type) {
  return is_number(type) || begins_selector(type) || type == TokenType::kString ||
         type == TokenType::kLeftParen || type == TokenType::kAdd || type == TokenType::kSub;
}

/// `(a, b)`, after a function's or an aggregation's name.
Result<std::vector<ExprPtr>> parse_arguments(ParseState& state) {
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kLeftParen));
  std::vector<ExprPtr> arguments;
  if (state.accept(TokenType::kRightParen)) return arguments;
  while (true) {
    MNEMO_TRY(ExprPtr argument, parse_binary(state, 1));
    arguments.push_back(std::move(argument));
    if (state.accept(TokenType::kRightParen)) return arguments;
    PositionRange comma = state.peek().range();
    MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kComma));
    if (!begins_expression(state.type()) && !state.is(TokenType::kError)) {
      return state.error_at(comma, "trailing commas not allowed in function call args");
    }
  }
}

Result<ExprPtr> parse_call(ParseState& state) {
  const Token& name = state.take();
  MNEMO_TRY(auto arguments, parse_arguments(state));
  const Function* function = find_function(name.text);
  if (!function && state.options().enable_x_functions) function = find_x_function(name.text);
  if (!function) {
    return state.error_at(name.range(), "unknown function with name " + quote_text(name.text));
  }
  if (function->experimental && !state.options().enable_experimental_functions) {
    return state.error_at(name.range(), "function " + quote_text(name.text) + " is not enabled");
  }
  auto call = std::make_unique<Call>();
  call->function = function;
  call->type = function->result;
  call->position = {name.start, state.last_end()};
  for (const auto& argument : arguments) {
    call->height = std::max(call->height, argument->height + 1);
  }
  call->arguments = std::move(arguments);
  return ExprPtr(std::move(call));
}

Status parse_aggregate_modifier(ParseState& state, AggregateExpr& aggregate) {
  aggregate.without = state.take().type == TokenType::kWithout;
  MNEMO_TRY(aggregate.grouping, parse_grouping(state));
  return {};
}

Status set_aggregate_arguments(const ParseState& state, AggregateExpr& aggregate,
                               std::vector<ExprPtr> arguments) {
  auto error = [&](std::string_view text) { return state.error_at(aggregate.position, text); };
  if (arguments.empty()) return error("no arguments for aggregate expression provided");
  bool experimental =
      aggregate.op == AggregateOp::kLimitk || aggregate.op == AggregateOp::kLimitRatio;
  if (experimental && !state.options().enable_experimental_functions) {
    return error(
        fmt::format("{}() is experimental and must be enabled with "
                    "--enable-feature=promql-experimental-functions",
                    operator_name(aggregate.op)));
  }
  size_t wanted = has_parameter(aggregate.op) ? 2 : 1;
  if (arguments.size() != wanted) {
    return error(fmt::format(
        "wrong number of arguments for aggregate expression provided, expected {}, got {}", wanted,
        arguments.size()));
  }
  for (const auto& argument : arguments) {
    aggregate.height = std::max(aggregate.height, argument->height + 1);
  }
  aggregate.expr = std::move(arguments.back());
  if (wanted == 2) aggregate.parameter = std::move(arguments.front());
  return {};
}

Result<ExprPtr> parse_aggregate(ParseState& state) {
  ParseState::Scope scope(state, kInAggregation);
  auto aggregate = std::make_unique<AggregateExpr>();
  const Token& name = state.take();
  aggregate->op =
      static_cast<AggregateOp>(static_cast<int>(name.type) - static_cast<int>(TokenType::kSum));
  auto at_modifier = [&] { return state.is(TokenType::kBy) || state.is(TokenType::kWithout); };
  bool modifier_first = at_modifier();
  if (modifier_first) MNEMO_RETURN_IF_ERROR(parse_aggregate_modifier(state, *aggregate));
  MNEMO_TRY(auto arguments, parse_arguments(state));
  if (!modifier_first && at_modifier()) {
    MNEMO_RETURN_IF_ERROR(parse_aggregate_modifier(state, *aggregate));
  }
  aggregate->position = {name.start, state.last_end()};
  MNEMO_RETURN_IF_ERROR(set_aggregate_arguments(state, *aggregate, std::move(arguments)));
  return ExprPtr(std::move(aggregate));
}

Result<ExprPtr> parse_parentheses(ParseState& state) {
  auto paren = std::make_unique<ParenExpr>();
  paren->position.start = state.take().start;
  MNEMO_TRY(paren->expr, parse_binary(state, 1));
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kRightParen));
  paren->position.end = state.last_end();
  paren->type = paren->expr->type;
  paren->height = paren->expr->height + 1;
  return ExprPtr(std::move(paren));
}

Result<ExprPtr> parse_number_literal(ParseState& state) {
  MNEMO_TRY(NumberToken number, parse_number_token(state));
  auto literal = std::make_unique<NumberLiteral>();
  literal->value = number.seconds;
  literal->is_duration = number.is_duration;
  literal->position = number.range;
  return ExprPtr(std::move(literal));
}

Result<ExprPtr> parse_string_literal(ParseState& state) {
  const Token& token = state.take();
  auto literal = std::make_unique<StringLiteral>();
  MNEMO_TRY(literal->value, unquoted(state, token));
  literal->position = token.range();
  return ExprPtr(std::move(literal));
}

Result<ExprPtr> parse_named(ParseState& state) {
  TokenType type = state.type();
  TokenType next = state.peek_second().type;
  if (is_aggregation(type) && follows_aggregation(next)) return parse_aggregate(state);
  bool names_function =
      type == TokenType::kIdentifier || (type >= TokenType::kStart && type <= TokenType::kMinOf);
  if (names_function && next == TokenType::kLeftParen) return parse_call(state);
  MNEMO_TRY(auto selector, parse_vector_selector(state));
  return ExprPtr(std::move(selector));
}

Result<ExprPtr> parse_primary(ParseState& state) {
  switch (state.type()) {
    case TokenType::kNumber:
    case TokenType::kDuration: return parse_number_literal(state);
    case TokenType::kString: return parse_string_literal(state);
    case TokenType::kLeftParen: return parse_parentheses(state);
    default: return parse_named(state);
  }
}

Result<ExprPtr> parse_signed(ParseState& state) {
  const Token& sign = state.take();
  bool minus = sign.type == TokenType::kSub;
  MNEMO_TRY(ExprPtr expr, parse_binary(state, kSignPrecedence));
  if (auto* number = as_if<NumberLiteral>(expr.get())) {
    if (minus) number->value = -number->value;
    number->position.start = sign.start;
    return expr;
  }
  auto unary = std::make_unique<UnaryExpr>();
  unary->op = minus ? UnaryOp::kMinus : UnaryOp::kPlus;
  unary->type = expr->type;
  unary->position = {sign.start, expr->position.end};
  unary->height = expr->height + 1;
  unary->expr = std::move(expr);
  return ExprPtr(std::move(unary));
}

Result<ExprPtr> parse_operand(ParseState& state) {
  if (state.is(TokenType::kAdd) || state.is(TokenType::kSub)) return parse_signed(state);
  MNEMO_TRY(ExprPtr expr, parse_primary(state));
  return parse_postfix(state, std::move(expr));
}

/// `(0)`, `(-1.5)` after fill, fill_left or fill_right.
Result<double> parse_fill_value(ParseState& state) {
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kLeftParen));
  bool minus = state.is(TokenType::kSub);
  if (minus || state.is(TokenType::kAdd)) state.take();
  MNEMO_TRY(NumberToken number, parse_number_token(state));
  MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kRightParen));
  return minus ? -number.seconds : number.seconds;
}

Status parse_fill_modifiers(ParseState& state, VectorMatching& matching) {
  if (state.accept(TokenType::kFill)) {
    MNEMO_TRY(double value, parse_fill_value(state));
    matching.fill_left = value;
    matching.fill_right = value;
    return {};
  }
  while (true) {
    bool left = state.is(TokenType::kFillLeft);
    auto& side = left ? matching.fill_left : matching.fill_right;
    if ((!left && !state.is(TokenType::kFillRight)) || side) return {};
    state.take();
    MNEMO_TRY(side, parse_fill_value(state));
  }
}

Status parse_matching(ParseState& state, VectorMatching& matching) {
  if (!state.is(TokenType::kOn) && !state.is(TokenType::kIgnoring)) return {};
  matching.on = state.take().type == TokenType::kOn;
  MNEMO_TRY(matching.labels, parse_grouping(state));
  if (!state.is(TokenType::kGroupLeft) && !state.is(TokenType::kGroupRight)) return {};
  bool left = state.take().type == TokenType::kGroupLeft;
  matching.cardinality = left ? MatchCardinality::kManyToOne : MatchCardinality::kOneToMany;
  if (state.is(TokenType::kLeftParen)) {
    MNEMO_TRY(matching.include, parse_grouping(state));
  }
  return {};
}

ExprPtr make_binary(BinaryOp op, ExprPtr left, ExprPtr right, bool return_bool,
                    VectorMatching matching) {
  auto binary = std::make_unique<BinaryExpr>();
  binary->op = op;
  binary->return_bool = return_bool;
  binary->matching = std::move(matching);
  bool scalar = left->type == ValueType::kScalar && right->type == ValueType::kScalar;
  binary->type = scalar ? ValueType::kScalar : ValueType::kVector;
  binary->position = {left->position.start, right->position.end};
  binary->height = std::max(left->height, right->height) + 1;
  binary->left = std::move(left);
  binary->right = std::move(right);
  return binary;
}

/// The operator at hand, its modifiers and its right side.
Result<ExprPtr> parse_right_side(ParseState& state, const BinaryOperator& op, ExprPtr left) {
  state.take();
  bool return_bool = state.accept(TokenType::kBool);
  VectorMatching matching;
  MNEMO_RETURN_IF_ERROR(parse_matching(state, matching));
  MNEMO_RETURN_IF_ERROR(parse_fill_modifiers(state, matching));
  MNEMO_TRY(ExprPtr right, parse_binary(state, op.precedence + (op.right_associative ? 0 : 1)));
  bool fills = matching.fill_left || matching.fill_right;
  auto binary =
      make_binary(op.op, std::move(left), std::move(right), return_bool, std::move(matching));
  if (fills && !state.options().enable_fill_modifiers) {
    return state.error_at(binary->position,
                          "binop fill modifiers are experimental and not enabled");
  }
  if (binary->height > state.options().max_height) {
    return state.error_at(binary->position, "expression is too complex");
  }
  return binary;
}

Result<ExprPtr> parse_binary(ParseState& state, int least_precedence) {
  ParseState::Level level(state);
  MNEMO_RETURN_IF_ERROR(level.check());
  MNEMO_TRY(ExprPtr left, parse_operand(state));
  while (true) {
    auto op = binary_operator(state.type());
    if (!op || op->precedence < least_precedence) return left;
    MNEMO_TRY(left, parse_right_side(state, *op, std::move(left)));
  }
}

Status check_length(std::string_view text, const ParserOptions& options) {
  if (text.size() <= options.max_bytes) return {};
  return Status::invalid_argument(
      fmt::format("parse error: expression of {} bytes is longer than the limit of {}", text.size(),
                  options.max_bytes));
}

}  // namespace

Result<ExprPtr> parse_expression(std::string_view text, const ParserOptions& options) {
  MNEMO_RETURN_IF_ERROR(check_length(text, options));
  ParseState state(text, options);
  if (state.is(TokenType::kEnd)) return state.error_at({}, "no expression found in input");
  MNEMO_TRY(ExprPtr expr, parse_binary(state, 1));
  if (!state.is(TokenType::kEnd)) return state.unexpected();
  MNEMO_RETURN_IF_ERROR(check_types(state, *expr));
  return expr;
}

Result<std::vector<Matcher>> parse_selector(std::string_view text) {
  ParserOptions options;
  MNEMO_RETURN_IF_ERROR(check_length(text, options));
  ParseState state(text, options);
  MNEMO_TRY(auto selector, parse_vector_selector(state));
  if (!state.is(TokenType::kEnd)) return state.unexpected();
  return std::move(selector->matchers);
}

}  // namespace mnemo::promql
