// SPDX-License-Identifier: Apache-2.0
#include <mnemo/matcher.hpp>

#include <doctest/doctest.h>

using namespace mnemo;

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
