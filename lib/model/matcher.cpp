// SPDX-License-Identifier: Apache-2.0
#include <mnemo/matcher.hpp>

#include "base/quote.hpp"
#include "model/regex.hpp"

#include <algorithm>

namespace mnemo {

struct Matcher::Expression {
  std::unique_ptr<re2::RE2> regex;
  std::vector<std::string> literals;
  bool match_everything = false;  // ".*"
  bool match_non_empty = false;   // ".+"
};

namespace {

/// Splits "a|b|c" where nothing else in the expression has a meaning of its own.
std::vector<std::string> literal_alternatives(std::string_view expression) {
  if (expression.empty() || expression.find_first_of(R"(\.+*?()[]{}^$)") != expression.npos) {
    return {};
  }
  std::vector<std::string> literals;
  while (true) {
    size_t bar = expression.find('|');
    literals.emplace_back(expression.substr(0, bar));
    if (bar == std::string_view::npos) break;
    expression.remove_prefix(bar + 1);
  }
  std::sort(literals.begin(), literals.end());
  literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
  return literals;
}

std::string_view operator_text(MatchType type) {
  switch (type) {
    case MatchType::kEqual: return "=";
    case MatchType::kNotEqual: return "!=";
    case MatchType::kRegex: return "=~";
    case MatchType::kNotRegex: return "!~";
  }
  return "?";
}

}  // namespace

Matcher Matcher::equal(std::string_view name, std::string_view value) {
  return {MatchType::kEqual, name, value};
}

Matcher Matcher::not_equal(std::string_view name, std::string_view value) {
  return {MatchType::kNotEqual, name, value};
}

Result<Matcher> Matcher::regex(std::string_view name, std::string_view expression) {
  return make(MatchType::kRegex, name, expression);
}

Result<Matcher> Matcher::not_regex(std::string_view name, std::string_view expression) {
  return make(MatchType::kNotRegex, name, expression);
}

Result<Matcher> Matcher::make(MatchType type, std::string_view name, std::string_view value) {
  Matcher matcher(type, name, value);
  if (type == MatchType::kEqual || type == MatchType::kNotEqual) return matcher;
  auto expression = std::make_shared<Expression>();
  MNEMO_TRY(expression->regex, compile_anchored_regex(value));
  expression->literals = literal_alternatives(value);
  expression->match_everything = value == ".*";
  expression->match_non_empty = value == ".+";
  matcher.expression_ = std::move(expression);
  return matcher;
}

bool Matcher::matches(std::string_view value) const {
  if (type_ == MatchType::kEqual) return value == value_;
  if (type_ == MatchType::kNotEqual) return value != value_;
  bool wanted = type_ == MatchType::kRegex;
  if (expression_->match_everything) return wanted;
  if (expression_->match_non_empty) return !value.empty() == wanted;
  const auto& literals = expression_->literals;
  bool matched =
      literals.empty()
          ? re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *expression_->regex)
          : std::binary_search(literals.begin(), literals.end(), value);
  return matched == wanted;
}

std::span<const std::string> Matcher::literals() const {
  return expression_ ? std::span<const std::string>(expression_->literals)
                     : std::span<const std::string>();
}

std::string Matcher::to_string() const {
  std::string text;
  if (is_legacy_label_name(name_)) {
    text = name_;
  } else {
    append_go_quoted(text, name_);
  }
  text += operator_text(type_);
  append_go_quoted(text, value_);
  return text;
}

std::string to_string(std::span<const Matcher> matchers) {
  std::string text = "{";
  for (const auto& matcher : matchers) {
    if (text.size() > 1) text += ", ";
    text += matcher.to_string();
  }
  text += '}';
  return text;
}

bool matches_all(std::span<const Matcher> matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher& matcher) { return matcher.matches(labels); });
}

}  // namespace mnemo
