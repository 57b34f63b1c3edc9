// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parse_state.hpp"

#include "promql/syntax/lex_number.hpp"
#include "promql/syntax/lex_text.hpp"
#include "promql/syntax/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo::promql {
namespace {

/// "line:column" of a byte, both from 1, as Prometheus counts.
std::string position_text(std::string_view text, size_t position) {
  if (text.empty()) return "unknown position";
  if (position > text.size()) return "invalid position";
  std::string_view before = text.substr(0, position);
  size_t line = 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
  size_t line_break = before.rfind('\n');
  size_t column = line_break == std::string_view::npos ? position + 1 : position - line_break;
  return fmt::format("{}:{}", line, column);
}

}  // namespace

ParserOptions ParserOptions::all_enabled() {
  ParserOptions options;
  options.enable_experimental_functions = true;
  options.enable_duration_expressions = true;
  options.enable_extended_range_selectors = true;
  options.enable_fill_modifiers = true;
  return options;
}

ParseState::ParseState(std::string_view text, const ParserOptions& options)
    : text_(text), options_(options), tokens_(lex(text)) {}

Status ParseState::error_at(PositionRange range, std::string_view message) const {
  return Status::invalid_argument(position_text(text_, range.start) +
                                  ": parse error: " + std::string(message));
}

Status ParseState::unexpected(SyntaxContext context) const {
  const Token& token = peek();
  if (token.type == TokenType::kError) return error_at(token.range(), token.message);
  std::string message = "unexpected " + describe(token);
  if (!context.place.empty()) message += " in " + std::string(context.place);
  if (!context.expected.empty()) message += ", expected " + std::string(context.expected);
  return error_at(token.range(), message);
}

Status ParseState::expect(TokenType type) {
  if (!is(type)) return unexpected();
  take();
  return {};
}

Status ParseState::Level::check() const {
  size_t limit = state_.options_.max_depth;
  if (state_.depth_ <= limit) return {};
  return state_.error_at(state_.peek().range(),
                         fmt::format("expression nests deeper than {} levels", limit));
}

Result<std::string> unquoted(const ParseState& state, const Token& token) {
  std::string text;
  if (unquote(token.text, text)) return text;
  return state.error_at(token.range(),
                        "error unquoting string " + quote_text(token.text) + ": invalid syntax");
}

bool is_number(TokenType type) {
  return type == TokenType::kNumber || type == TokenType::kDuration;
}

Result<NumberToken> parse_number_token(ParseState& state) {
  if (!is_number(state.type())) return state.unexpected();
  const Token& token = state.take();
  if (token.type == TokenType::kNumber) {
    auto number = parse_number(token.text);
    if (!number) {
      return state.error_at(token.range(), "error parsing number: " + number.status().message());
    }
    return NumberToken{*number, false, token.range()};
  }
  auto duration = parse_duration_literal(token.text);
  if (!duration) return state.error_at(token.range(), duration.status().message());
  return NumberToken{static_cast<double>(*duration) / 1000, true, token.range()};
}

}  // namespace mnemo::promql
