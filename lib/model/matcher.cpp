// SPDX-License-Identifier: Apache-2.0
#include <mnemo/matcher.hpp>

#include "base/quote.hpp"
#include "model/regex.hpp"
#include "model/regex_shape.hpp"

#include <algorithm>

namespace mnemo {

struct Matcher::Expression {
  /// Where the expression comes to few simple patterns, these; otherwise `regex` is set.
  std::unique_ptr<re2::RE2> regex;
  std::vector<std::string> literals;  // sorted
  std::vector<TextPattern> patterns;  // those with gaps
  std::string prefix;

  bool matches(std::string_view value) const {
    if (regex != nullptr) {
      return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex);
    }
    return std::binary_search(literals.begin(), literals.end(), value) ||
           std::any_of(patterns.begin(), patterns.end(),
                       [&](const TextPattern& pattern) { return pattern.matches(value); });
  }
};

namespace {

/// Trying more patterns than this one by one is slower than RE2.
constexpr size_t kMostPatterns = 16;
constexpr int kLongestBound = 32;

std::string_view common_prefix(std::string_view a, std::string_view b) {
  auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return a.substr(0, static_cast<size_t>(differ - a.begin()));
}

std::string prefix_of(const std::vector<TextPattern>& patterns) {
  std::string_view prefix = patterns[0].texts[0];
  for (const auto& pattern : patterns) prefix = common_prefix(prefix, pattern.texts[0]);
  return std::string(prefix);
}

/// From the least and greatest value that it can match: what these have in common.
std::string prefix_of(const re2::RE2& regex) {
  std::string least;
  std::string greatest;
  if (!regex.PossibleMatchRange(&least, &greatest, kLongestBound)) return {};
  return std::string(common_prefix(least, greatest));
}

}  // namespace

std::string_view match_operator(MatchType type) {
  switch (type) {
    case MatchType::kEqual: return "=";
    case MatchType::kNotEqual: return "!=";
    case MatchType::kRegex: return "=~";
    case MatchType::kNotRegex: return "!~";
  }
  return "?";
}

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
  MNEMO_TRY(auto regex, compile_anchored_regex(value));
  auto patterns = split_regex(value);
  auto has_gaps = [](const TextPattern& pattern) { return !pattern.is_literal(); };
  bool is_simple = patterns && std::count_if(patterns->begin(), patterns->end(), has_gaps) <=
                                   static_cast<std::ptrdiff_t>(kMostPatterns);
  if (!is_simple) {
    expression->prefix = prefix_of(*regex);
    expression->regex = std::move(regex);
  } else {
    expression->prefix = prefix_of(*patterns);
    for (auto& pattern : *patterns) {
      if (has_gaps(pattern)) {
        expression->patterns.push_back(std::move(pattern));
      } else {
        expression->literals.push_back(std::move(pattern.texts[0]));
      }
    }
    auto& literals = expression->literals;
    std::sort(literals.begin(), literals.end());
    literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
  }
  matcher.expression_ = std::move(expression);
  return matcher;
}

bool Matcher::matches(std::string_view value) const {
  if (type_ == MatchType::kEqual) return value == value_;
  if (type_ == MatchType::kNotEqual) return value != value_;
  return expression_->matches(value) == (type_ == MatchType::kRegex);
}

std::span<const std::string> Matcher::literals() const {
  if (!expression_ || !expression_->patterns.empty()) return {};
  return expression_->literals;
}

std::string_view Matcher::prefix() const {
  return expression_ ? std::string_view(expression_->prefix) : std::string_view();
}

std::string Matcher::to_string() const {
  std::string text;
  if (is_legacy_label_name(name_)) {
    text = name_;
  } else {
    append_go_quoted(text, name_);
  }
  text += match_operator(type_);
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
