// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parse_state.hpp"

#include <utility>

namespace mnemo::promql {
namespace {

constexpr SyntaxContext kAtLabel = {"label set", "identifier or \"}\""};
constexpr SyntaxContext kAtEqualSign = {"label set", "\"=\""};
constexpr SyntaxContext kAtValue = {"label set", "string"};
constexpr SyntaxContext kAfterLabel = {"label set", "\",\" or \"}\""};

Status parse_label(ParseState& state, LabelsBuilder& labels) {
  bool quoted = state.is(TokenType::kString);
  if (!quoted && !state.is(TokenType::kIdentifier)) return state.unexpected(kAtLabel);
  const Token& token = state.take();
  std::string name(token.text);
  if (quoted) {
    MNEMO_TRY(name, unquoted(state, token));
  }
  if (!state.is(TokenType::kAssign)) {
    if (!quoted) return state.unexpected(kAtEqualSign);
    labels.set(kMetricName, name);
    return {};
  }
  state.take();
  if (!state.is(TokenType::kString)) return state.unexpected(kAtValue);
  MNEMO_TRY(std::string value, unquoted(state, state.take()));
  labels.set(name, value);
  return {};
}

Status parse_label_set(ParseState& state, LabelsBuilder& labels) {
  state.take();  // "{"
  while (!state.is(TokenType::kRightBrace)) {
    MNEMO_RETURN_IF_ERROR(parse_label(state, labels));
    if (!state.accept(TokenType::kComma) && !state.is(TokenType::kRightBrace)) {
      return state.unexpected(kAfterLabel);
    }
  }
  state.take();
  return {};
}

}  // namespace

Result<Labels> parse_metric(std::string_view text) {
  ParserOptions options;
  if (text.size() > options.max_bytes) {
    return Status::invalid_argument("parse error: metric is too long");
  }
  ParseState state(text, options);
  LabelsBuilder labels;
  std::string_view name;
  if (begins_selector(state.type()) && !state.is(TokenType::kLeftBrace)) name = state.take().text;
  if (state.is(TokenType::kLeftBrace)) MNEMO_RETURN_IF_ERROR(parse_label_set(state, labels));
  if (!state.is(TokenType::kEnd)) return state.unexpected();
  if (!name.empty()) labels.set(kMetricName, name);
  return labels.build();
}

}  // namespace mnemo::promql
