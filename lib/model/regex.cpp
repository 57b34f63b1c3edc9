// SPDX-License-Identifier: Apache-2.0
#include "model/regex.hpp"

namespace mnemo {
namespace {

constexpr int64_t kRegexMemory = 8 << 20;

/// What is wrong with an expression, in the words of Go's `regexp`; empty where it has none.
std::string_view go_reason(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape: return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass: return "invalid character class";
    case re2::RE2::ErrorBadCharRange: return "invalid character class range";
    case re2::RE2::ErrorMissingBracket: return "missing closing ]";
    case re2::RE2::ErrorMissingParen: return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen: return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize: return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp: return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8: return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture: return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge: return "expression too large";
    default: return {};
  }
}

Status regex_error(const re2::RE2& regex, std::string_view expression) {
  constexpr size_t kLongestExcerpt = 256;
  std::string_view reason = go_reason(regex.error_code());
  std::string_view part = expression;
  if (reason.empty()) {
    reason = regex.error();
  } else if (!regex.error_arg().empty()) {
    part = regex.error_arg();
  }
  return Status::invalid_argument("error parsing regexp: " + std::string(reason) + ": `" +
                                  std::string(part.substr(0, kLongestExcerpt)) + "`");
}

}  // namespace

Result<std::string> translate_go_regex(std::string_view expression) {
  std::string out;
  out.reserve(expression.size() + 8);
  bool in_class = false;
  for (size_t i = 0; i < expression.size(); ++i) {
    char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      if (expression[i + 1] == 'C') {
        return Status::invalid_argument("error parsing regexp: invalid escape sequence: `\\C`");
      }
      if (expression[i + 1] == 'Q' && !in_class) {  // literal text up to \E
        size_t end = expression.find("\\E", i + 2);
        size_t stop = end == std::string_view::npos ? expression.size() : end + 2;
        out.append(expression, i, stop - i);
        i = stop - 1;
        continue;
      }
      out.append(expression, i, 2);
      ++i;
      continue;
    }
    if (in_class) {
      if (c == ']') in_class = false;
    } else if (c == '[') {
      in_class = true;
      out += c;
      // A bracket right after the opening (or after its negation) is a literal.
      if (i + 1 < expression.size() && expression[i + 1] == '^') out += expression[++i];
      if (i + 1 < expression.size() && expression[i + 1] == ']') out += expression[++i];
      continue;
    } else if (c == '(' && expression.substr(i, 3) == "(?<") {
      out += "(?P<";
      i += 2;
      continue;
    }
    out += c;
  }
  return out;
}

Result<std::unique_ptr<re2::RE2>> compile_anchored_regex(std::string_view expression) {
  MNEMO_TRY(auto translated, translate_go_regex(expression));
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_dot_nl(true);
  options.set_max_mem(kRegexMemory);
  auto regex = std::make_unique<re2::RE2>(translated, options);
  if (!regex->ok()) return regex_error(*regex, expression);
  return regex;
}

}  // namespace mnemo
