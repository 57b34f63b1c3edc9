// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parser.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;
using namespace mnemo::promql;

TEST_CASE("parser: deep nesting is an error, not a crash") {
  for (const char* opening : {"(", "-", "sum(", "abs(", "1+(", "2^"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += opening;
    text += "1";
    CAPTURE(opening);
    auto expr = parse_expression(text);
    REQUIRE_FALSE(expr);
    CHECK_EQ(expr.status().code(), Code::kInvalidArgument);
    CHECK_NE(expr.status().message().find("nests deeper than 256 levels"), std::string::npos);
  }
  std::string brackets = "up[";
  for (int i = 0; i < 100'000; ++i) brackets += "(";
  CHECK_FALSE(parse_expression(brackets, ParserOptions::all_enabled()));
}

TEST_CASE("parser: long chains are an error, shorter ones are not") {
  std::string chain = "up";
  for (int i = 0; i < 1000; ++i) chain += " or up";
  CHECK(parse_expression(chain));
  for (int i = 0; i < 10'000; ++i) chain += " or up";
  auto expr = parse_expression(chain);
  REQUIRE_FALSE(expr);
  CHECK_NE(expr.status().message().find("too complex"), std::string::npos);
}

TEST_CASE("parser: too long a text is an error that names the limit") {
  auto expr = parse_expression(std::string(2'000'000, ' '));
  REQUIRE_FALSE(expr);
  CHECK_NE(expr.status().message().find("limit of 1048576"), std::string::npos);
}
