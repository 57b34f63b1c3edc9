// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parse_state.hpp"

#include "base/utf8.hpp"
#include "promql/syntax/lex_text.hpp"

namespace mnemo::promql {
namespace {

constexpr SyntaxContext kAtMatcher = {"label matching", "identifier or \"}\""};
constexpr SyntaxContext kAtMatchOperator = {"label matching", "label matching operator"};
constexpr SyntaxContext kAtMatchValue = {"label matching", "string"};
constexpr SyntaxContext kAfterMatcher = {"label matching", "\",\" or \"}\""};
constexpr SyntaxContext kAtGrouping = {"grouping opts", "\"(\""};
constexpr SyntaxContext kAtGroupingLabel = {"grouping opts", "label"};
constexpr SyntaxContext kAfterGroupingLabel = {"grouping opts", "\",\" or \")\""};

/// Words that may be labels in a grouping: all but those that can't begin one.
bool may_be_label(TokenType type) {
  switch (type) {
    case TokenType::kIdentifier:
    case TokenType::kMetricIdentifier:
    case TokenType::kAnd:
    case TokenType::kOr:
    case TokenType::kUnless:
    case TokenType::kAtan2: return true;
    case TokenType::kWithout: return false;  // Prometheus has it so
    default:
      return is_aggregation(type) || is_keyword(type) ||
             (type >= TokenType::kStart && type <= TokenType::kMinOf);
  }
}

std::optional<MatchType> match_type(TokenType type) {
  switch (type) {
    case TokenType::kAssign: return MatchType::kEqual;
    case TokenType::kNotEqual: return MatchType::kNotEqual;
    case TokenType::kMatchRegex: return MatchType::kRegex;
    case TokenType::kMatchNotRegex: return MatchType::kNotRegex;
    default: return {};
  }
}

Result<std::string> parse_grouping_label(ParseState& state) {
  bool quoted = state.is(TokenType::kString);
  if (!quoted && !may_be_label(state.type())) return state.unexpected(kAtGroupingLabel);
  const Token& token = state.take();
  std::string name(token.text);
  if (quoted) {
    MNEMO_TRY(name, unquoted(state, token));
  }
  if (name.empty() || !is_valid_utf8(name)) {
    return state.error_at(token.range(), "invalid label name for grouping: " + quote_text(name));
  }
  return name;
}

Result<Matcher> parse_matcher(ParseState& state) {
  bool quoted = state.is(TokenType::kString);
  if (!quoted && !state.is(TokenType::kIdentifier)) return state.unexpected(kAtMatcher);
  const Token& label = state.take();
  std::string name(label.text);
  if (quoted) {
    MNEMO_TRY(name, unquoted(state, label));
  }
  auto type = match_type(state.type());
  if (!type) {
    if (quoted) return Matcher::equal(kMetricName, name);
    return state.unexpected(kAtMatchOperator);
  }
  state.take();
  if (!state.is(TokenType::kString)) return state.unexpected(kAtMatchValue);
  const Token& value = state.take();
  MNEMO_TRY(std::string text, unquoted(state, value));
  auto matcher = Matcher::make(*type, name, text);
  if (!matcher) {
    return state.error_at({label.start, value.end()}, matcher.status().message());
  }
  return matcher;
}

Status parse_matchers(ParseState& state, std::vector<Matcher>& matchers) {
  state.take();  // "{"
  while (!state.is(TokenType::kRightBrace)) {
    MNEMO_TRY(Matcher matcher, parse_matcher(state));
    matchers.push_back(std::move(matcher));
    if (!state.accept(TokenType::kComma) && !state.is(TokenType::kRightBrace)) {
      return state.unexpected(kAfterMatcher);
    }
  }
  state.take();
  return {};
}

bool may_name_metric(TokenType type) {
  switch (type) {
    case TokenType::kIdentifier:
    case TokenType::kMetricIdentifier:
    case TokenType::kAnd:
    case TokenType::kOr:
    case TokenType::kUnless:
    case TokenType::kBy:
    case TokenType::kWithout:
    case TokenType::kFill:
    case TokenType::kFillLeft:
    case TokenType::kFillRight:
    case TokenType::kOffset:
    case TokenType::kAnchored:
    case TokenType::kSmoothed: return true;
    default:
      return is_aggregation(type) || (type >= TokenType::kStart && type <= TokenType::kMinOf);
  }
}

}  // namespace

Result<std::vector<std::string>> parse_grouping(ParseState& state) {
  if (!state.accept(TokenType::kLeftParen)) return state.unexpected(kAtGrouping);
  std::vector<std::string> labels;
  while (!state.accept(TokenType::kRightParen)) {
    MNEMO_TRY(std::string label, parse_grouping_label(state));
    labels.push_back(std::move(label));
    if (!state.accept(TokenType::kComma) && !state.is(TokenType::kRightParen)) {
      return state.unexpected(kAfterGroupingLabel);
    }
  }
  return labels;
}

bool begins_selector(TokenType type) {
  return type == TokenType::kLeftBrace || may_name_metric(type);
}

Result<std::unique_ptr<VectorSelector>> parse_vector_selector(ParseState& state) {
  if (!begins_selector(state.type())) return state.unexpected();
  auto selector = std::make_unique<VectorSelector>();
  selector->position.start = state.peek().start;
  if (!state.is(TokenType::kLeftBrace)) selector->name = std::string(state.take().text);
  if (state.is(TokenType::kLeftBrace)) {
    MNEMO_RETURN_IF_ERROR(parse_matchers(state, selector->matchers));
  }
  if (!selector->name.empty()) {
    selector->matchers.push_back(Matcher::equal(kMetricName, selector->name));
  }
  selector->position.end = state.last_end();
  return selector;
}

}  // namespace mnemo::promql
