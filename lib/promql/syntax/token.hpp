// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/ast.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mnemo::promql {

enum class TokenType : uint8_t {
  kEnd,
  kError,  // `text` says what the lexer did not like
  // With a text of their own.
  kIdentifier,
  kMetricIdentifier,  // an identifier with a colon
  kNumber,
  kDuration,
  kString,  // `text` with its quotes
  // Punctuation.
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kAssign,  // "="
  // Operators.
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kTrimUpper,
  kTrimLower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kUnless,
  kAt,
  kMatchRegex,
  kMatchNotRegex,
  // Aggregations, in the order of AggregateOp.
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
  // Keywords.
  kBool,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kFill,
  kFillLeft,
  kFillRight,
  kOffset,
  kSmoothed,
  kAnchored,
  // Words that also name functions.
  kStart,
  kEndWord,
  kStep,
  kRange,
  kMaxOf,
  kMinOf,
};

/// A token and where it stands. `text` points into the query, or, of an error, to `message`.
struct Token {
  TokenType type = TokenType::kEnd;
  size_t start = 0;
  std::string_view text;
  std::string message;  // of kError

  size_t end() const { return start + text.size(); }
  PositionRange range() const { return {start, end()}; }
};

inline bool is_operator(TokenType type) {
  return type >= TokenType::kAdd && type <= TokenType::kMatchNotRegex;
}
inline bool is_aggregation(TokenType type) {
  return type >= TokenType::kSum && type <= TokenType::kLimitRatio;
}
inline bool is_keyword(TokenType type) {
  return type >= TokenType::kBool && type <= TokenType::kAnchored;
}

/// The keyword that `word` is in any case ("inf" and "nan" are numbers), if any.
std::optional<TokenType> keyword(std::string_view word);

/// The words that stand for durations inside brackets: step, range, min_of, max_of.
std::optional<TokenType> duration_keyword(std::string_view word);

/// As error messages name it: `identifier "foo"`, `<by>`, `<op:+>`, `end of input`.
std::string describe(const Token& token);

}  // namespace mnemo::promql
