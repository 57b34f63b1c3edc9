// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// The numbers are those of the StoreAPI.
enum class MatchType { kEqual = 0, kNotEqual = 1, kRegex = 2, kNotRegex = 3 };

/// As in PromQL: "=", "!=", "=~", "!~".
std::string_view match_operator(MatchType type);

/// A condition on one label of a series. An absent label has the empty value. Regular expressions
/// are RE2, match the whole value, and "." matches newlines.
///
/// A value type, cheap to copy (a compiled expression is shared). Thread-safe for const use.
class Matcher {
 public:
  static Matcher equal(std::string_view name, std::string_view value);
  static Matcher not_equal(std::string_view name, std::string_view value);
  /// Errors: InvalidArgument with RE2's reason.
  static Result<Matcher> regex(std::string_view name, std::string_view expression);
  static Result<Matcher> not_regex(std::string_view name, std::string_view expression);
  static Result<Matcher> make(MatchType type, std::string_view name, std::string_view value);

  MatchType type() const { return type_; }
  const std::string& name() const { return name_; }
  /// The value or the expression, as given.
  const std::string& value() const { return value_; }

  bool matches(std::string_view value) const;
  bool matches(const Labels& labels) const { return matches(labels.get(name_)); }
  bool matches_empty() const { return matches(std::string_view()); }

  /// The values that a (not-)regex stands for when it comes to nothing but alternative literals
  /// ("a|b|c", "a(b|c)"), sorted and unique; empty when it is more than that.
  std::span<const std::string> literals() const;

  /// What all values begin with that the expression of a (not-)regex matches; empty where nothing
  /// is known.
  std::string_view prefix() const;

  /// As in PromQL: `job=~"api|web"`.
  std::string to_string() const;

  friend bool operator==(const Matcher& a, const Matcher& b) {
    return a.type_ == b.type_ && a.name_ == b.name_ && a.value_ == b.value_;
  }

 private:
  struct Expression;
  Matcher(MatchType type, std::string_view name, std::string_view value)
      : type_(type), name_(name), value_(value) {}

  MatchType type_;
  std::string name_;
  std::string value_;
  std::shared_ptr<const Expression> expression_;
};

/// As in PromQL: `{job="api", code=~"5.."}`.
std::string to_string(std::span<const Matcher> matchers);

bool matches_all(std::span<const Matcher> matchers, const Labels& labels);

}  // namespace mnemo
