// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/lexer.hpp"

#include "promql/syntax/lex_number.hpp"
#include "promql/syntax/lex_text.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace mnemo::promql {
namespace {

bool is_space(int32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The lexer's state. What a character means depends on the braces and brackets around it.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next();

 private:
  Token in_statement();
  Token in_braces();
  Token in_duration();

  Token take(TokenType type, size_t bytes) {
    start_ = pos_;
    pos_ += bytes;
    return finish(type);
  }
  Token finish(TokenType type) {
    Token token{type, start_, text_.substr(start_, pos_ - start_), {}};
    start_ = pos_;
    return token;
  }
  Token error(std::string message) const {
    Token token;
    token.type = TokenType::kError;
    token.start = start_;
    token.message = std::move(message);
    return token;
  }

  Token comparison(TokenType plain, TokenType with_equal, TokenType with_slash);
  Token equals_sign();
  Token exclamation_mark();
  Token word();
  Token word_in_brackets();
  Token number();
  Token string(char quote);
  Token right_paren();
  Token left_bracket();
  Token end_of_input();

  bool fill_is_keyword() const;
  void skip_space() {
    while (pos_ < text_.size() && is_space(text_[pos_])) ++pos_;
    start_ = pos_;
  }
  void skip_comment() {
    while (pos_ < text_.size() && text_[pos_] != '\n' && text_[pos_] != '\r') ++pos_;
    start_ = pos_;
  }
  char byte(size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  int32_t rune(size_t ahead = 0) const { return rune_at(text_, pos_ + ahead).value; }

  std::string_view text_;
  size_t pos_ = 0;
  size_t start_ = 0;  // of the token under way
  int paren_depth_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
  bool duration_next_ = false;  // after "[", until the first number
  bool got_colon_ = false;
  bool got_duration_ = false;
};

Token Lexer::next() {
  while (true) {
    bool in_duration_part = duration_next_ && !in_braces_;
    if (pos_ < text_.size() && is_space(text_[pos_])) {
      skip_space();
    } else if (pos_ < text_.size() && text_[pos_] == '#' && !in_duration_part) {
      skip_comment();
    } else {
      break;
    }
  }
  if (in_braces_) return in_braces();
  if (duration_next_) return in_duration();
  return in_statement();
}

Token Lexer::in_statement() {
  int32_t c = rune();
  switch (c) {
    case kEndOfText: return end_of_input();
    case ',': return take(TokenType::kComma, 1);
    case '*': return take(TokenType::kMul, 1);
    case '/': return take(TokenType::kDiv, 1);
    case '%': return take(TokenType::kMod, 1);
    case '+': return take(TokenType::kAdd, 1);
    case '-': return take(TokenType::kSub, 1);
    case '^': return take(TokenType::kPow, 1);
    case '@': return take(TokenType::kAt, 1);
    case '=': return equals_sign();
    case '!': return exclamation_mark();
    case '<': return comparison(TokenType::kLess, TokenType::kLessEqual, TokenType::kTrimUpper);
    case '>':
      return comparison(TokenType::kGreater, TokenType::kGreaterEqual, TokenType::kTrimLower);
    case '"':
    case '\'':
    case '`': return string(static_cast<char>(c));
    case '(': ++paren_depth_; return take(TokenType::kLeftParen, 1);
    case ')': return right_paren();
    case '{': in_braces_ = true; return take(TokenType::kLeftBrace, 1);
    case '[': return left_bracket();
    case ']':
      if (!in_brackets_) return error("unexpected right bracket ']'");
      in_brackets_ = false;
      return take(TokenType::kRightBracket, 1);
    default: break;
  }
  if (is_digit(c) || (c == '.' && is_digit(rune(1)))) return number();
  if (!is_alpha(c) && c != ':') return error("unexpected character: " + quote_rune(c));
  return in_brackets_ ? word_in_brackets() : word();
}

Token Lexer::end_of_input() {
  if (paren_depth_ != 0) return error("unclosed left parenthesis");
  if (in_brackets_) return error("unclosed left bracket");
  return finish(TokenType::kEnd);
}

Token Lexer::comparison(TokenType plain, TokenType with_equal, TokenType with_slash) {
  if (byte(1) == '=') return take(with_equal, 2);
  if (byte(1) == '/') return take(with_slash, 2);
  return take(plain, 1);
}

Token Lexer::equals_sign() {
  if (byte(1) == '=') return take(TokenType::kEqual, 2);
  if (byte(1) == '~') return error("unexpected character after '=': '~'");
  return take(TokenType::kAssign, 1);
}

Token Lexer::exclamation_mark() {
  if (byte(1) == '=') return take(TokenType::kNotEqual, 2);
  return error("unexpected character after '!': " + quote_rune(rune(1)));
}

Token Lexer::right_paren() {
  Token token = take(TokenType::kRightParen, 1);
  if (--paren_depth_ < 0) return error("unexpected right parenthesis ')'");
  return token;
}

Token Lexer::left_bracket() {
  if (in_brackets_) return error("unexpected left bracket '['");
  Token token = take(TokenType::kLeftBracket, 1);
  got_colon_ = false;
  in_brackets_ = true;
  duration_next_ = true;
  return token;
}

Token Lexer::word() {
  while (is_alphanumeric(byte()) || byte() == ':') ++pos_;
  std::string_view text = text_.substr(start_, pos_ - start_);
  if (auto type = keyword(text)) {
    bool is_fill = *type == TokenType::kFill || *type == TokenType::kFillLeft ||
                   *type == TokenType::kFillRight;
    return finish(is_fill && !fill_is_keyword() ? TokenType::kIdentifier : *type);
  }
  bool has_colon = text.find(':') != std::string_view::npos;
  return finish(has_colon ? TokenType::kMetricIdentifier : TokenType::kIdentifier);
}

/// `fill` is a keyword only before a parenthesis; metrics may have that name.
bool Lexer::fill_is_keyword() const {
  size_t i = pos_;
  while (i < text_.size() && is_space(text_[i])) ++i;
  return i < text_.size() && text_[i] == '(';
}

Token Lexer::word_in_brackets() {
  char first = byte();
  if (first == ':') {
    if (got_colon_) return error("unexpected colon ':'");
    got_colon_ = true;
    return take(TokenType::kColon, 1);
  }
  while (is_word_of_duration(byte())) ++pos_;
  if (auto type = duration_keyword(text_.substr(start_, pos_ - start_))) return finish(*type);
  return error(fmt::format("unexpected character: '{}', expected ':'", first));
}

Token Lexer::number() {
  auto scan = scan_number_or_duration(text_, pos_);
  pos_ = scan.end;
  if (!scan.valid) {
    return error("bad number or duration syntax: " +
                 quote_text(text_.substr(start_, pos_ - start_)));
  }
  return finish(scan.is_duration ? TokenType::kDuration : TokenType::kNumber);
}

Token Lexer::string(char quote) {
  auto scan = scan_string(text_, pos_ + 1, quote);
  if (!scan.error.empty()) return error(std::move(scan.error));
  pos_ = scan.end;
  return finish(TokenType::kString);
}

Token Lexer::in_braces() {
  int32_t c = rune();
  switch (c) {
    case kEndOfText: return error("unexpected end of input inside braces");
    case ',': return take(TokenType::kComma, 1);
    case '"':
    case '\'':
    case '`': return string(static_cast<char>(c));
    case '=': return byte(1) == '~' ? take(TokenType::kMatchRegex, 2) : take(TokenType::kAssign, 1);
    case '!':
      if (byte(1) == '~') return take(TokenType::kMatchNotRegex, 2);
      if (byte(1) == '=') return take(TokenType::kNotEqual, 2);
      return error("unexpected character after '!' inside braces: " + quote_rune(rune(1)));
    case '{': return error("unexpected left brace '{'");
    case '}': in_braces_ = false; return take(TokenType::kRightBrace, 1);
    default: break;
  }
  if (!is_alpha(c)) return error("unexpected character inside braces: " + quote_rune(c));
  while (is_alphanumeric(byte())) ++pos_;
  return finish(TokenType::kIdentifier);
}

Token Lexer::in_duration() {
  int32_t c = rune();
  switch (c) {
    case kEndOfText: return error("unexpected end of input in duration expression");
    case ']':
      in_brackets_ = false;
      got_colon_ = false;
      duration_next_ = false;
      return take(TokenType::kRightBracket, 1);
    case ':': {
      Token token = take(TokenType::kColon, 1);
      if (!got_duration_) {
        return error("unexpected colon before duration in duration expression");
      }
      if (got_colon_) return error("unexpected repeated colon in duration expression");
      got_colon_ = true;
      return token;
    }
    case '(': ++paren_depth_; return take(TokenType::kLeftParen, 1);
    case ')': return right_paren();
    case '+': return take(TokenType::kAdd, 1);
    case '-': return take(TokenType::kSub, 1);
    case '*': return take(TokenType::kMul, 1);
    case '/': return take(TokenType::kDiv, 1);
    case '%': return take(TokenType::kMod, 1);
    case '^': return take(TokenType::kPow, 1);
    case ',': return take(TokenType::kComma, 1);
    default: break;
  }
  if (is_digit(c) || (c == '.' && is_digit(rune(1)))) {
    got_duration_ = true;
    duration_next_ = false;
    return number();
  }
  while (is_word_of_duration(byte())) ++pos_;
  if (auto type = duration_keyword(text_.substr(start_, pos_ - start_))) return finish(*type);
  return error("unexpected character in duration expression: " + quote_rune(c));
}

}  // namespace

std::vector<Token> lex(std::string_view text) {
  Lexer lexer(text);
  std::vector<Token> tokens;
  do {
    tokens.push_back(lexer.next());
  } while (tokens.back().type != TokenType::kEnd && tokens.back().type != TokenType::kError);
  return tokens;
}

}  // namespace mnemo::promql
