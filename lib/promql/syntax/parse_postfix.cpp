// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parse_state.hpp"

#include "base/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mnemo::promql {
namespace {

constexpr SyntaxContext kAtRange = {"subquery or range selector",
                                    "number, duration, step(), or range()"};
constexpr SyntaxContext kAfterRange = {"subquery or range", "\":\" or \"]\""};
constexpr SyntaxContext kAtStep = {"subquery selector",
                                   "number, duration, step(), range(), or \"]\""};
constexpr SyntaxContext kAfterStep = {"subquery selector", "\"]\""};
constexpr SyntaxContext kAtOffset = {"offset", "number, duration, step(), or range()"};
constexpr SyntaxContext kAtAt = {"@", "timestamp"};

/// Through nanoseconds, as Prometheus rounds; cut to whole milliseconds.
int64_t to_milliseconds(double seconds) {
  constexpr double kLargest = 9.2e18;
  double ns = std::clamp(std::round(seconds * 1e9), -kLargest, kLargest);
  return static_cast<int64_t>(ns) / 1'000'000;
}

/// What a modifier applies to: a selector with or without range, or a subquery.
struct Modified {
  TimeModifiers* modifiers = nullptr;
  VectorSelector* selector = nullptr;  // null: a subquery
};

std::optional<Modified> modified_by(Expr& expr) {
  if (auto* selector = as_if<VectorSelector>(&expr))
    return Modified{&selector->modifiers, selector};
  if (auto* matrix = as_if<MatrixSelector>(&expr)) {
    return Modified{&matrix->selector->modifiers, matrix->selector.get()};
  }
  if (auto* subquery = as_if<SubqueryExpr>(&expr)) return Modified{&subquery->modifiers, nullptr};
  return {};
}

Status no_place_for(const ParseState& state, const Expr& expr, std::string_view modifier) {
  return state.error_at(expr.position,
                        fmt::format("{} modifier must be preceded by an instant vector selector or "
                                    "range vector selector or a subquery",
                                    modifier));
}

Status parse_offset(ParseState& state, Expr& expr) {
  state.take();
  ParseState::Scope scope(state, kAtOffset);
  MNEMO_TRY(DurationValue offset, parse_offset_duration(state));
  auto target = modified_by(expr);
  if (!target) return no_place_for(state, expr, "offset");
  if (target->modifiers->has_offset()) {
    return state.error_at(expr.position, "offset may not be set multiple times");
  }
  if (offset.expr) {
    target->modifiers->offset_expr = std::move(offset.expr);
  } else {
    target->modifiers->offset_ms = to_milliseconds(offset.seconds);
  }
  expr.position.end = state.last_end();
  return {};
}

Status parse_at_timestamp(ParseState& state, Expr& expr, TimeModifiers& at) {
  bool minus = state.is(TokenType::kSub);
  if (minus || state.is(TokenType::kAdd)) state.take();
  MNEMO_TRY(NumberToken number, parse_number_token(state));
  double seconds = minus ? -number.seconds : number.seconds;
  constexpr double kLimit = 9223372036854775808.0;
  if (!(std::abs(seconds) < kLimit)) {
    std::string text = std::isfinite(seconds) ? fmt::format("{:f}", seconds) : float_fixed(seconds);
    return state.error_at(expr.position, "timestamp out of bounds for @ modifier: " + text);
  }
  at.at_ms = static_cast<int64_t>(std::clamp(std::round(seconds * 1000), -9.2e18, 9.2e18));
  return {};
}

Status parse_at(ParseState& state, Expr& expr) {
  state.take();
  ParseState::Scope scope(state, kAtAt);
  TimeModifiers at;
  if (state.is(TokenType::kStart) || state.is(TokenType::kEndWord)) {
    at.at_edge = state.take().type == TokenType::kStart ? AtEdge::kStart : AtEdge::kEnd;
    MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kLeftParen));
    MNEMO_RETURN_IF_ERROR(state.expect(TokenType::kRightParen));
  } else {
    MNEMO_RETURN_IF_ERROR(parse_at_timestamp(state, expr, at));
  }
  auto target = modified_by(expr);
  if (!target) return no_place_for(state, expr, "@");
  if (target->modifiers->has_at()) {
    return state.error_at(expr.position, "@ <timestamp> may not be set multiple times");
  }
  target->modifiers->at_ms = at.at_ms;
  target->modifiers->at_edge = at.at_edge;
  expr.position.end = state.last_end();
  return {};
}

/// `anchored` and `smoothed`.
Status parse_extension(ParseState& state, Expr& expr) {
  const Token& word = state.take();
  bool anchored = word.type == TokenType::kAnchored;
  std::string_view name = anchored ? "anchored" : "smoothed";
  auto error = [&](std::string_view text) {
    return state.error_at(expr.position, fmt::format("{} modifier {}", name, text));
  };
  if (!state.options().enable_extended_range_selectors) {
    return error("is experimental and not enabled");
  }
  auto target = modified_by(expr);
  if (!target) return error("not implemented");
  if (!target->selector) return error("is not supported for subqueries");
  (anchored ? target->selector->anchored : target->selector->smoothed) = true;
  if (target->selector->anchored && target->selector->smoothed) {
    return state.error_at(expr.position, "anchored and smoothed modifiers cannot be used together");
  }
  return {};
}

Result<ExprPtr> make_matrix_selector(const ParseState& state, ExprPtr expr, DurationValue range,
                                     PositionRange brackets) {
  auto* selector = as_if<VectorSelector>(expr.get());
  if (!selector) return state.error_at(brackets, "ranges only allowed for vector selectors");
  if (selector->modifiers.has_offset()) {
    return state.error_at(brackets, "no offset modifiers allowed before range");
  }
  if (selector->modifiers.has_at()) {
    return state.error_at(brackets, "no @ modifiers allowed before range");
  }
  auto matrix = std::make_unique<MatrixSelector>();
  matrix->position = {expr->position.start, brackets.end};
  matrix->height = 2;
  expr.release();
  matrix->selector.reset(selector);
  if (!range.expr) matrix->range_ms = to_milliseconds(range.seconds);
  matrix->range_expr = std::move(range.expr);
  return ExprPtr(std::move(matrix));
}

Result<ExprPtr> parse_subquery_step(ParseState& state, ExprPtr expr, DurationValue range) {
  auto subquery = std::make_unique<SubqueryExpr>();
  if (!state.is(TokenType::kRightBracket)) {
    ParseState::Scope scope(state, kAtStep);
    MNEMO_TRY(DurationValue step, parse_bracket_duration(state));
    if (!state.is(TokenType::kRightBracket)) return state.unexpected(kAfterStep);
    if (!step.expr) subquery->step_ms = to_milliseconds(step.seconds);
    subquery->step_expr = std::move(step.expr);
  }
  state.take();
  if (!range.expr) subquery->range_ms = to_milliseconds(range.seconds);
  subquery->range_expr = std::move(range.expr);
  subquery->position = {expr->position.start, state.last_end()};
  subquery->height = expr->height + 1;
  subquery->expr = std::move(expr);
  return ExprPtr(std::move(subquery));
}

Result<ExprPtr> parse_brackets(ParseState& state, ExprPtr expr) {
  size_t start = state.take().start;
  ParseState::Scope scope(state, kAtRange);
  MNEMO_TRY(DurationValue range, parse_bracket_duration(state));
  if (state.accept(TokenType::kColon)) {
    return parse_subquery_step(state, std::move(expr), std::move(range));
  }
  if (!state.is(TokenType::kRightBracket)) return state.unexpected(kAfterRange);
  state.take();
  return make_matrix_selector(state, std::move(expr), std::move(range), {start, state.last_end()});
}

}  // namespace

Result<ExprPtr> parse_postfix(ParseState& state, ExprPtr expr) {
  while (true) {
    switch (state.type()) {
      case TokenType::kOffset: MNEMO_RETURN_IF_ERROR(parse_offset(state, *expr)); break;
      case TokenType::kAt: MNEMO_RETURN_IF_ERROR(parse_at(state, *expr)); break;
      case TokenType::kAnchored:
      case TokenType::kSmoothed: MNEMO_RETURN_IF_ERROR(parse_extension(state, *expr)); break;
      case TokenType::kLeftBracket: {
        MNEMO_TRY(expr, parse_brackets(state, std::move(expr)));
        break;
      }
      default: return expr;
    }
    if (expr->height > state.options().max_height) {
      return state.error_at(expr->position, "expression is too complex");
    }
  }
}

}  // namespace mnemo::promql
