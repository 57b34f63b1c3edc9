// SPDX-License-Identifier: Apache-2.0
#include <mnemo/matcher.hpp>

#include "model/regex.hpp"

#include "support/rounds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

using Random = std::mt19937;

template <typename Element>
const Element& any_of(Random& random, const std::vector<Element>& elements) {
  return elements[random() % elements.size()];
}

/// An expression of what matchers are made of, now and then with something rare.
std::string random_expression(Random& random, int depth) {
  static const std::vector<std::string> kPlain = {"a",   "b",   "ab", "api", "-",
                                                  "\\.", "\\-", "é",  "prod"};
  static const std::vector<std::string> kGaps = {".*", ".+", ".*?", ".+?"};
  static const std::vector<std::string> kRare = {".",      "[ab]",   "a*",   "b?",       "a+",
                                                 "\\d",    "(?i:a)", "a{2}", "^",        "$",
                                                 "(?i)ab", "\\n",    "()",   "\\Qa.b\\E"};
  std::string text;
  for (size_t alternatives = random() % 3; alternatives + 1 > 0; --alternatives) {
    for (size_t i = random() % 4; i > 0; --i) {
      size_t kind = random() % 16;
      if (kind < 8) {
        text += any_of(random, kPlain);
      } else if (kind < 12) {
        text += any_of(random, kGaps);
      } else if (kind < 15 && depth > 0) {
        text += (random() % 2 == 0 ? "(" : "(?:") + random_expression(random, depth - 1) + ")";
      } else if (kind == 15 && random() % 4 == 0) {
        text += any_of(random, kRare);
      }
    }
    if (alternatives == 0) break;
    text += '|';
  }
  if (depth == 2 && random() % 8 == 0) text = '^' + text;
  if (depth == 2 && random() % 8 == 0) text += '$';
  return text;
}

std::string random_value(Random& random) {
  static const std::vector<std::string> kPieces = {"a", "b", "ab", "api",  "-", ".", "é",
                                                   "A", "1", "\n", "prod", "^", "$", "aa"};
  std::string text;
  for (size_t i = random() % 6; i > 0; --i) text += any_of(random, kPieces);
  return text;
}

}  // namespace

TEST_CASE("matcher: expressions match whole values, newlines included") {
  auto matcher = Matcher::regex("a", "x.z");
  REQUIRE(matcher);
  CHECK(matcher->matches("x\nz"));
  CHECK_FALSE(matcher->matches("xyzz"));
  CHECK_EQ(matcher->to_string(), "a=~\"x.z\"");
}

TEST_CASE("matcher: alternations of literals are known as such") {
  auto matcher = Matcher::not_regex("a", "b|a||b");
  REQUIRE(matcher);
  REQUIRE_EQ(matcher->literals().size(), 3);
  CHECK_EQ(matcher->literals()[1], "a");
  CHECK_FALSE(matcher->matches(""));
  CHECK(matcher->matches("c"));
  CHECK(Matcher::regex("a", "a|b.")->literals().empty());
}

TEST_CASE("matcher: Go's dialect of named groups is accepted and \\C refused") {
  CHECK(Matcher::regex("a", "(?<x>b)+")->matches("bb"));
  CHECK(Matcher::regex("a", "[(?<x>]")->matches("<"));
  CHECK(Matcher::regex("a", "\\Q(?<\\E")->matches("(?<"));
  CHECK_FALSE(Matcher::regex("a", "\\C"));
  CHECK_FALSE(Matcher::regex("a", "(").ok());
}

TEST_CASE("matcher: whatever short cut is taken, it decides as RE2 does") {
  Random random(7);
  std::vector<std::string> values{""};
  for (int i = 0; i < 400; ++i) values.push_back(random_value(random));
  size_t compared = 0;
  size_t with_literals = 0;
  size_t with_prefix = 0;
  size_t matches = 0;
  for (size_t i = 0; i < mnemo::testing::rounds(4000); ++i) {
    auto expression = random_expression(random, 2);
    auto regex = compile_anchored_regex(expression);
    auto matcher = Matcher::regex("a", expression);
    REQUIRE_EQ(matcher.ok(), regex.ok());
    if (!regex.ok()) continue;
    INFO(expression);
    auto refusing = *Matcher::not_regex("a", expression);
    auto literals = matcher->literals();
    with_literals += literals.empty() ? 0 : 1;
    with_prefix += matcher->prefix().empty() ? 0 : 1;
    size_t wrong = 0;
    for (const auto& value : values) {
      bool wanted = re2::RE2::FullMatch(value, **regex);
      wrong += matcher->matches(value) == wanted && refusing.matches(value) != wanted ? 0 : 1;
      if (!wanted) continue;
      ++matches;
      wrong += value.starts_with(matcher->prefix()) ? 0 : 1;
      bool is_literal = std::find(literals.begin(), literals.end(), value) != literals.end();
      wrong += literals.empty() || is_literal ? 0 : 1;
    }
    CHECK_EQ(wrong, 0);
    ++compared;
  }
  CHECK_GT(compared, mnemo::testing::rounds(3500));
  CHECK_GT(with_literals, mnemo::testing::rounds(500));
  CHECK_GT(with_prefix, mnemo::testing::rounds(500));
  CHECK_GT(matches, mnemo::testing::rounds(100000));
}

TEST_CASE("matcher: nested alternations are multiplied out") {
  auto literals = [](std::string_view expression) {
    auto matcher = Matcher::regex("a", expression);
    auto span = matcher->literals();
    return std::vector<std::string>(span.begin(), span.end());
  };
  using Texts = std::vector<std::string>;
  CHECK_EQ(literals("(a|b)c"), Texts{"ac", "bc"});
  CHECK_EQ(literals("a(?:b|c(d|e))"), Texts{"ab", "acd", "ace"});
  CHECK_EQ(literals("^10\\.0\\.0\\.(1|2):9090$"), Texts{"10.0.0.1:9090", "10.0.0.2:9090"});
  CHECK_EQ(literals("(a|b|)"), Texts{"", "a", "b"});
  CHECK_EQ(literals("a.*"), Texts{});
  CHECK_EQ(literals("(?i)ab"), Texts{});
  CHECK_EQ(literals("a|[b]"), Texts{});
}

TEST_CASE("matcher: what all matching values begin with") {
  auto prefix = [](std::string_view expression) {
    return std::string(Matcher::regex("a", expression)->prefix());
  };
  CHECK_EQ(prefix("api.*"), "api");
  CHECK_EQ(prefix("api-(web|worker).+"), "api-w");
  CHECK_EQ(prefix("api|apple"), "ap");
  CHECK_EQ(prefix("api-[0-9]+"), "api-");
  CHECK_EQ(prefix(".*-prod"), "");
  CHECK_EQ(prefix("(?i)api.*"), "");
  CHECK_EQ(prefix("a|.*"), "");
  CHECK_EQ(std::string(Matcher::equal("a", "b").prefix()), "");
}

TEST_CASE("matcher: texts with gaps between them") {
  auto matches = [](std::string_view expression, std::string_view value) {
    return Matcher::regex("a", expression)->matches(value);
  };
  CHECK(matches("a.*b.*c", "a-b-b-c"));
  CHECK_FALSE(matches("a.*b.*c", "a-c-b"));
  CHECK(matches(".*ab.*", "ab"));
  CHECK_FALSE(matches(".+ab.+", "abab"));
  CHECK(matches(".+ab.+", "-ab\n"));
  CHECK_FALSE(matches("aba.*ba", "aba"));
  CHECK(matches("(a|b).*|c", "c"));
  CHECK_FALSE(matches("(a|b).*|c", "cc"));
  CHECK(matches(".+.+", "ab"));
  CHECK_FALSE(matches(".+.+", "é"));
}

TEST_CASE("matcher: hostile expressions take little memory") {
  std::string deep(200, '(');
  deep += "a" + std::string(200, ')');
  CHECK(Matcher::regex("a", deep)->matches("a"));
  std::string wide;
  for (int i = 0; i < 12; ++i) wide += "(a|b|c)";
  CHECK(Matcher::regex("a", wide)->matches("abcabcabcabc"));
  CHECK(Matcher::regex("a", wide)->literals().empty());
}
