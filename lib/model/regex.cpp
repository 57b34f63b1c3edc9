// SPDX-License-Identifier: Apache-2.0
#include "model/regex.hpp"

namespace mnemo {
namespace {

constexpr int64_t kRegexMemory = 8 << 20;

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
  if (!regex->ok()) {
    return Status::invalid_argument("error parsing regexp: " + regex->error() + ": `" +
                                    std::string(expression.substr(0, 256)) + "`");
  }
  return regex;
}

}  // namespace mnemo
