// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;
using namespace mnemo::promql;

namespace {

std::string canonical(std::string_view text) {
  auto expr = parse_expression(text, ParserOptions::all_enabled());
  REQUIRE_MESSAGE(expr.ok(), std::string(text) << ": " << expr.status().message());
  return to_string(**expr);
}

}  // namespace

TEST_CASE("printer: canonical texts stay as they are") {
  for (const char* text : {
           "sum without () (up)",
           "count_values(\"version\", build)",
           "a * ignoring () group_left (x) b",
           "a / on () b",
           "a / on (x) group_right (y, \"z z\") b",
           "a > bool on (x) b",
           "up{job=~\"a|b\",zone!=\"x\"}[5m] @ 1.500 offset -1h",
           "up anchored offset 5m",
           "rate(up[5m] smoothed)",
           "max_over_time(rate(up[5m])[1h:30s] @ start() offset 1m)",
           "up[1h30m:]",
           "{__name__=\"\",a=\"b\"}",
           "{__name__!=\"\",__name__!=\"down\"}",
           "-(1 + 2)",
           "+up",
           "up[5m + step()]",
           "up[max_of(step(), 5s):-min_of(5m, range())] offset -(5m ^ 2)",
           "up offset (5m)",
           "a + fill (2) b",
           "a + on (x) fill_left (-1) fill_right (0.5) b",
           "5m * 2",
       }) {
    CHECK_EQ(canonical(text), text);
  }
}

TEST_CASE("printer: what is written otherwise becomes canonical") {
  CHECK_EQ(canonical("sum(up)by(job)"), "sum by (job) (up)");
  CHECK_EQ(canonical("{__name__=\"up\"}"), "{__name__=\"up\"}");
  CHECK_EQ(canonical("up{b='1',a=`2`}"), "up{a=\"2\",b=\"1\"}");
  CHECK_EQ(canonical("up[90s]"), "up[1m30s]");
  CHECK_EQ(canonical("up[14d]"), "up[2w]");
  CHECK_EQ(canonical("up offset 0.5"), "up offset 500ms");
  CHECK_EQ(canonical("sum by () (up)"), "sum(up)");
  CHECK_EQ(canonical("1e-07"), "0.0000001");
  CHECK_EQ(canonical("0x10"), "16");
  CHECK_EQ(canonical("-inf"), "-Inf");
  CHECK_EQ(canonical("'x'"), "\"x\"");
}

TEST_CASE("printer: what is longer than a line is broken into its parts") {
  auto pretty = [](const std::string& text) {
    auto expr = parse_expression(text, ParserOptions::all_enabled());
    REQUIRE_MESSAGE(expr.ok(), expr.status().to_string());
    return to_pretty_string(**expr);
  };
  std::string a(60, 'a');
  std::string b(60, 'b');
  CHECK_EQ(pretty("sum(" + a + ")by(x)"), "sum by (x) (" + a + ")");
  CHECK_EQ(pretty("sum by (x) (" + a + " > bool on (y) " + b + ")"),
           "sum by (x) (\n    " + a + "\n  > bool on (y)\n    " + b + "\n)");
  CHECK_EQ(pretty("-(" + a + " + " + b + ")"), "-(\n    " + a + "\n  +\n    " + b + "\n)");
  CHECK_EQ(pretty("topk(5, max_over_time((" + a + " / " + b + ")[1h:5m] offset 1m))"),
           "topk(\n  5,\n  max_over_time(\n    (\n        " + a + "\n      /\n        " + b +
               "\n    )[1h:5m] offset 1m\n  )\n)");
}
