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

TEST_CASE("parser: errors have Prometheus' words and positions") {
  auto error = [](std::string_view text) {
    return parse_expression(text, ParserOptions::all_enabled()).status().message();
  };
  CHECK_EQ(error(""), "unknown position: parse error: no expression found in input");
  CHECK_EQ(error("# x"), "1:1: parse error: no expression found in input");
  CHECK_EQ(error("up{"), "1:4: parse error: unexpected end of input inside braces");
  CHECK_EQ(error("sum(up"), "1:7: parse error: unclosed left parenthesis");
  CHECK_EQ(error("sum some_metric by (test)"),
           "1:5: parse error: unexpected identifier \"some_metric\"");
  CHECK_EQ(error("sum(a b)"), "1:7: parse error: unexpected identifier \"b\" in aggregation");
  CHECK_EQ(error("foo @ NaN"), "1:1: parse error: timestamp out of bounds for @ modifier: NaN");
  // Prometheus has no such error: what it makes of it is the processor's choice.
  CHECK_EQ(error("foo offset NaN"), "1:12: parse error: duration out of range");
  CHECK_EQ(error("foo\n  + )"), "2:6: parse error: unexpected right parenthesis ')'");
  CHECK_EQ(error("foo[5m"), "1:7: parse error: unclosed left bracket");
  CHECK_EQ(error("foo[5m] OFFSET 1h30x"),
           "1:16: parse error: bad number or duration syntax: \"1h30\"");
  CHECK_EQ(error("{x=\"\"}"),
           "1:1: parse error: vector selector must contain at least one non-empty matcher");
  CHECK_EQ(error("1 == 1"), "1:3: parse error: comparisons between scalars must use BOOL modifier");
  CHECK_EQ(error("unknown(up)"), "1:1: parse error: unknown function with name \"unknown\"");
  CHECK_EQ(error("topk(some_metric,)"),
           "1:17: parse error: trailing commas not allowed in function call args");
}
