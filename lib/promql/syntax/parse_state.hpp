// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/parser.hpp"
#include "promql/syntax/token.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mnemo::promql {

/// Where a token is that fits nowhere, and what could stand there instead.
struct SyntaxContext {
  std::string_view place;     // "aggregation"; may be empty
  std::string_view expected;  // "label"; may be empty
};

/// What all parts of the parser share: the tokens with the place in them, and the errors.
class ParseState {
 public:
  ParseState(std::string_view text, const ParserOptions& options);

  const ParserOptions& options() const { return options_; }
  std::string_view text() const { return text_; }

  const Token& peek() const { return tokens_[position_]; }
  const Token& peek_second() const {
    return tokens_[position_ + 1 < tokens_.size() ? position_ + 1 : position_];
  }
  TokenType type() const { return peek().type; }
  bool is(TokenType type) const { return peek().type == type; }
  /// The current token; moves on (never past the last).
  const Token& take() {
    const Token& token = tokens_[position_];
    if (position_ + 1 < tokens_.size()) ++position_;
    return token;
  }
  bool accept(TokenType type) {
    if (!is(type)) return false;
    take();
    return true;
  }
  /// Where the last token that was taken ends.
  size_t last_end() const { return position_ == 0 ? 0 : tokens_[position_ - 1].end(); }

  /// The current token does not fit: the lexer's error if it is one, else "unexpected ...".
  Status unexpected(SyntaxContext context) const;
  /// The same in the innermost surrounding context.
  Status unexpected() const { return unexpected(context_); }
  Status error_at(PositionRange range, std::string_view message) const;

  /// Takes a token of `type`, or fails in the surrounding context.
  Status expect(TokenType type);

  /// Sets the context of errors, and restores the one before at the end of its life.
  class Scope {
   public:
    Scope(ParseState& state, SyntaxContext context) : state_(state), before_(state.context_) {
      state.context_ = context;
    }
    ~Scope() { state_.context_ = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ParseState& state_;
    SyntaxContext before_;
  };

  /// Counts a level of nesting for as long as it lives.
  class Level {
   public:
    explicit Level(ParseState& state) : state_(state) { ++state.depth_; }
    ~Level() { --state_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    /// ResourceExhausted-like parse error when the nesting is too deep.
    Status check() const;

   private:
    ParseState& state_;
  };

 private:
  std::string_view text_;
  const ParserOptions& options_;
  std::vector<Token> tokens_;
  size_t position_ = 0;
  size_t depth_ = 0;
  SyntaxContext context_;
};

/// The text of a string token.
Result<std::string> unquoted(const ParseState& state, const Token& token);

/// A number or duration token in seconds, sign left out.
struct NumberToken {
  double seconds = 0;
  bool is_duration = false;
  PositionRange range;
};
bool is_number(TokenType type);
Result<NumberToken> parse_number_token(ParseState& state);

/// `(a, b, "c")` after by, without, on, ignoring, group_left or group_right.
Result<std::vector<std::string>> parse_grouping(ParseState& state);

/// A vector selector without modifiers. REQUIRES: the current token begins one.
bool begins_selector(TokenType type);
Result<std::unique_ptr<VectorSelector>> parse_vector_selector(ParseState& state);

/// A duration: a plain number of seconds, or, where `expr` is set, an expression.
struct DurationValue {
  double seconds = 0;
  bool is_duration = false;  // written as one ("5m")
  DurationExprPtr expr;
  PositionRange range;
};
/// What stands in brackets.
Result<DurationValue> parse_bracket_duration(ParseState& state);
/// What stands after `offset`.
Result<DurationValue> parse_offset_duration(ParseState& state);

/// Modifiers, ranges and subqueries after `expr`, as many as there are.
Result<ExprPtr> parse_postfix(ParseState& state, ExprPtr expr);

/// Checks the types of a whole tree and fills in what follows from them (vector matching).
Status check_types(const ParseState& state, Expr& expr);

}  // namespace mnemo::promql
