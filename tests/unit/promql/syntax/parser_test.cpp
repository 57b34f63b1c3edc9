// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/functions.hpp"
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace mnemo;
using namespace mnemo::promql;

namespace {

ExprPtr parse(std::string_view text) {
  auto expr = parse_expression(text, ParserOptions::all_enabled());
  REQUIRE_MESSAGE(expr.ok(), std::string(text) << ": " << expr.status().message());
  return *std::move(expr);
}

/// The tree with parentheses around every operation.
std::string shape(const Expr& expr) {
  if (const auto* binary = as_if<BinaryExpr>(&expr)) {
    return "(" + shape(*binary->left) + " " + std::string(operator_name(binary->op)) + " " +
           shape(*binary->right) + ")";
  }
  if (const auto* unary = as_if<UnaryExpr>(&expr)) {
    return "(" + std::string(operator_name(unary->op)) + shape(*unary->expr) + ")";
  }
  if (const auto* paren = as_if<ParenExpr>(&expr)) return shape(*paren->expr);
  return to_string(expr);
}

std::string shape_of(std::string_view text) { return shape(*parse(text)); }

double number(std::string_view text) { return as<NumberLiteral>(*parse(text)).value; }

}  // namespace

TEST_CASE("parser: operators bind as documented") {
  CHECK_EQ(shape_of("a + b * c"), "(a + (b * c))");
  CHECK_EQ(shape_of("a * b + c"), "((a * b) + c)");
  CHECK_EQ(shape_of("a - b - c"), "((a - b) - c)");
  CHECK_EQ(shape_of("2 ^ 3 ^ 2"), "(2 ^ (3 ^ 2))");
  CHECK_EQ(shape_of("a % b atan2 c"), "((a % b) atan2 c)");
  CHECK_EQ(shape_of("a or b and c"), "(a or (b and c))");
  CHECK_EQ(shape_of("a unless b and c"), "((a unless b) and c)");
  CHECK_EQ(shape_of("a < b + c"), "(a < (b + c))");
  CHECK_EQ(shape_of("a == bool b != bool c"), "((a == b) != c)");
  CHECK_EQ(shape_of("a and b > 1"), "(a and (b > 1))");
}

TEST_CASE("parser: a sign binds looser than a power and tighter than a product") {
  CHECK_EQ(shape_of("-a ^ 2"), "(-(a ^ 2))");
  CHECK_EQ(shape_of("-a * b"), "((-a) * b)");
  CHECK_EQ(shape_of("2 ^ -a * b"), "((2 ^ (-a)) * b)");
  CHECK_EQ(shape_of("-1 ^ 2"), "(-(1 ^ 2))");
  CHECK_EQ(shape_of("--a"), "(-(-a))");
  CHECK_EQ(number("-1"), -1);
  CHECK_EQ(number("+-+1"), -1);
}

TEST_CASE("parser: modifiers bind tighter than signs and operators") {
  CHECK_EQ(shape_of("-a offset 5m + b @ 3"), "((-a offset 5m) + b @ 3.000)");
  CHECK_EQ(shape_of("a offset 5m * 2"), "(a offset 5m * 2)");
  CHECK_EQ(shape_of("a offset -5m ^ 2"), "(a offset -5m ^ 2)");
}

TEST_CASE("parser: numbers in every notation") {
  CHECK_EQ(number("1"), 1);
  CHECK_EQ(number(".5"), 0.5);
  CHECK_EQ(number("5."), 5);
  CHECK_EQ(number("1e3"), 1000);
  CHECK_EQ(number("1E-3"), 0.001);
  CHECK_EQ(number("0x8f"), 143);
  CHECK_EQ(number("0X_1F"), 31);
  CHECK_EQ(number("0755"), 493);
  CHECK_EQ(number("08"), 8);
  CHECK_EQ(number("1_000_000"), 1e6);
  CHECK_EQ(number("1_2.3_4e5_6"), 12.34e56);
  CHECK_EQ(number("9223372036854775808"), 9223372036854775808.0);
  CHECK_EQ(number("4.9e-324"), 4.9e-324);
  CHECK_EQ(number("1e-400"), 0);
  CHECK_EQ(number("inf"), INFINITY);
  CHECK_EQ(number("-INF"), -INFINITY);
  CHECK(std::isnan(number("NaN")));
  CHECK_EQ(number("1h30m"), 5400);
  CHECK_EQ(number("1y2w3d4h5m6s7ms"), 31536000 + 1209600 + 259200 + 14400 + 300 + 6.007);
}

TEST_CASE("parser: strings with Go's escapes in three kinds of quotes") {
  auto text = [](std::string_view query) { return as<StringLiteral>(*parse(query)).value; };
  CHECK_EQ(text(R"("a\n\"b'")"), "a\n\"b'");
  CHECK_EQ(text(R"('a\'b"')"), "a'b\"");
  CHECK_EQ(text(R"(`a\n'"`)"), "a\\n'\"");
  CHECK_EQ(text(R"("\x41\101\u00e9\U0001F600")"), "AA\xc3\xa9\xf0\x9f\x98\x80");
  CHECK_EQ(text(R"("\xff")"), "\xff");
}

TEST_CASE("parser: selectors hold their matchers in order, the name last") {
  auto expr = parse(R"(up{job="api", code!~"5..",})");
  const auto& selector = as<VectorSelector>(*expr);
  CHECK_EQ(selector.name, "up");
  REQUIRE_EQ(selector.matchers.size(), 3);
  CHECK_EQ(selector.matchers[0].to_string(), "job=\"api\"");
  CHECK_EQ(selector.matchers[1].to_string(), "code!~\"5..\"");
  CHECK_EQ(selector.matchers[2].to_string(), "__name__=\"up\"");
}

TEST_CASE("parser: quoted names stand for metrics and labels") {
  auto expr = parse(R"({"a.b", "l x"="y", 'z'=~"q"})");
  const auto& selector = as<VectorSelector>(*expr);
  CHECK_EQ(selector.name, "");
  REQUIRE_EQ(selector.matchers.size(), 3);
  CHECK_EQ(selector.matchers[0].to_string(), "__name__=\"a.b\"");
  CHECK_EQ(selector.matchers[1].to_string(), "\"l x\"=\"y\"");
  CHECK_EQ(selector.matchers[2].to_string(), "z=~\"q\"");
}

TEST_CASE("parser: keywords are metric and label names where they can be") {
  CHECK_EQ(shape_of("sum + by"), "(sum + by)");
  CHECK_EQ(shape_of("start + end"), "(start + end)");
  CHECK_EQ(shape_of("fill + offset"), "(fill + offset)");
  CHECK_EQ(to_string(*parse("sum by (on, bool, offset, by) (quantile{by=\"x\"})")),
           "sum by (on, bool, offset, by) (quantile{by=\"x\"})");
}

TEST_CASE("parser: ranges, subqueries, offset and @") {
  auto expr = parse("rate(up[5m] @ end() offset -1h)");
  const auto& matrix = as<MatrixSelector>(*as<Call>(*expr).arguments[0]);
  CHECK_EQ(matrix.range_ms, 300'000);
  CHECK_EQ(matrix.selector->modifiers.offset_ms, -3'600'000);
  CHECK_EQ(matrix.selector->modifiers.at_edge, AtEdge::kEnd);

  expr = parse("(a + b)[30m:90s] @ -1.5 offset 7");
  const auto& subquery = as<SubqueryExpr>(*expr);
  CHECK_EQ(subquery.range_ms, 1'800'000);
  CHECK_EQ(subquery.step_ms, 90'000);
  CHECK_EQ(subquery.modifiers.at_ms, -1500);
  CHECK_EQ(subquery.modifiers.offset_ms, 7000);
  CHECK_EQ(as<SubqueryExpr>(*parse("a[1h:]")).step_ms, 0);
  CHECK_EQ(as<MatrixSelector>(*parse("a[300]")).range_ms, 300'000);
  CHECK_EQ(as<MatrixSelector>(*parse("a[1.5]")).range_ms, 1500);
}

TEST_CASE("parser: vector matching") {
  auto expr = parse("a / on(x, y) group_left(z) b");
  const auto& matching = *as<BinaryExpr>(*expr).matching;
  CHECK(matching.on);
  CHECK_EQ(matching.cardinality, MatchCardinality::kManyToOne);
  CHECK_EQ(matching.labels, std::vector<std::string>{"x", "y"});
  CHECK_EQ(matching.include, std::vector<std::string>{"z"});
  CHECK_EQ(as<BinaryExpr>(*parse("a and b")).matching->cardinality, MatchCardinality::kManyToMany);
  CHECK_FALSE(as<BinaryExpr>(*parse("a + 1")).matching);
  CHECK_FALSE(as<BinaryExpr>(*parse("1 + 2")).matching);

  expr = parse("a + ignoring(x) fill_right(-1) fill_left(2) b");
  CHECK_EQ(as<BinaryExpr>(*expr).matching->fill_left, 2);
  CHECK_EQ(as<BinaryExpr>(*expr).matching->fill_right, -1);
}

TEST_CASE("parser: aggregations take their modifier before or after") {
  for (const char* text : {"topk by (job) (3, up)", "topk(3, up) by (job,)"}) {
    auto expr = parse(text);
    const auto& aggregate = as<AggregateExpr>(*expr);
    CHECK_EQ(aggregate.op, AggregateOp::kTopk);
    CHECK_FALSE(aggregate.without);
    CHECK_EQ(aggregate.grouping, std::vector<std::string>{"job"});
    CHECK_EQ(to_string(*aggregate.parameter), "3");
    CHECK_EQ(aggregate.position, PositionRange{0, expr->position.end});
  }
}

TEST_CASE("parser: positions are byte offsets") {
  auto expr = parse("  sum(rate(up{a=\"b\"}[5m] offset 1m)) + 3 ");
  const auto& binary = as<BinaryExpr>(*expr);
  CHECK_EQ(binary.position, PositionRange{2, 40});
  CHECK_EQ(binary.left->position, PositionRange{2, 36});
  const auto& call = as<Call>(*as<AggregateExpr>(*binary.left).expr);
  CHECK_EQ(call.position, PositionRange{6, 35});
  CHECK_EQ(call.arguments[0]->position, PositionRange{11, 34});
  CHECK_EQ(binary.right->position, PositionRange{39, 40});
}

TEST_CASE("parser: comments and line breaks are space") {
  CHECK_EQ(shape_of("a # what\n + # why\r\nb{x=\"#\" # no\n}"), "(a + b{x=\"#\"})");
}

TEST_CASE("parser: types") {
  CHECK_EQ(parse("1 + 2")->type, ValueType::kScalar);
  CHECK_EQ(parse("1 + up")->type, ValueType::kVector);
  CHECK_EQ(parse("(up[5m])")->type, ValueType::kMatrix);
  CHECK_EQ(parse("-scalar(up)")->type, ValueType::kScalar);
  CHECK_EQ(parse("\"x\"")->type, ValueType::kString);
}

TEST_CASE("parser: duration expressions") {
  auto expr = parse("a[5m + step() * 2:max_of(1m, range())] offset -(1m)");
  const auto& subquery = as<SubqueryExpr>(*expr);
  REQUIRE(subquery.range_expr);
  CHECK_EQ(subquery.range_expr->op, DurationOp::kAdd);
  CHECK_EQ(subquery.range_expr->right->op, DurationOp::kMul);
  CHECK_EQ(subquery.step_expr->op, DurationOp::kMaxOf);
  CHECK_EQ(subquery.modifiers.offset_expr->op, DurationOp::kSub);
}

TEST_CASE("parser: selectors of match[] parameters") {
  auto matchers = parse_selector("{__name__=~\"a.*\",job!=\"\"}");
  REQUIRE(matchers);
  CHECK_EQ(mnemo::to_string(*matchers), "{__name__=~\"a.*\", job!=\"\"}");
  CHECK_FALSE(parse_selector("up[5m]"));
  CHECK_FALSE(parse_selector("rate(up)"));
  CHECK_FALSE(parse_selector(""));
}

TEST_CASE("parser: metrics of series descriptions") {
  auto labels = parse_metric("up{job=\"a\", \"x y\"='z'}");
  REQUIRE(labels);
  CHECK_EQ(*labels, Labels{{"__name__", "up"}, {"job", "a"}, {"x y", "z"}});
  CHECK_EQ(*parse_metric("{\"a.b\"}"), Labels{{"__name__", "a.b"}});
  CHECK_EQ(*parse_metric(""), Labels{});
  CHECK_FALSE(parse_metric("up{job!=\"a\"}"));
}

TEST_CASE("functions: the table is sorted and complete") {
  auto all = functions();
  CHECK_EQ(all.size(), 90);
  CHECK(std::is_sorted(all.begin(), all.end(),
                       [](const Function& a, const Function& b) { return a.name < b.name; }));
  for (const auto& function : all) CHECK_EQ(find_function(function.name), &function);
  CHECK_EQ(find_function("Rate"), nullptr);
  CHECK_EQ(find_function(""), nullptr);
}
