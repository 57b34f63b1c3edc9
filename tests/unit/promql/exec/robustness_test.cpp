// SPDX-License-Identifier: Apache-2.0
// Queries that are large in some way: they are answered, or fail with a reason, and both soon.
#include "promql/exec/evaluate.hpp"
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include "support/rounds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

constexpr std::chrono::seconds kSoon{20};  // some hundred times what it takes, for sanitizers

std::string repeated(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

/// `count` texts of `make(i)`, with `separator` between them.
template <typename Make>
std::string joined(int count, const char* separator, const Make& make) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    if (i > 0) all += separator;
    all += make(i);
  }
  return all;
}

/// As `evaluate`, within kSoon, parsing included.
std::string soon(MemoryQueryable& data, const QueryRequest& request) {
  auto begin = std::chrono::steady_clock::now();
  auto result = Engine({}).query(Context().with_timeout(kSoon), data, request);
  CHECK(std::chrono::steady_clock::now() - begin < kSoon);
  return result ? print(*result) : result.status().to_string();
}

std::string soon(MemoryQueryable& data, std::string expression) {
  return soon(data, {std::move(expression), 60'000, 60'000, 0, 0});
}

MemoryQueryable jobs() {
  MemoryQueryable data;
  for (const char* job : {"j0", "j9999", "j10000"}) {
    load(data, Labels{{"__name__", "x"}, {"job", job}}, 30'000, {1, 2, 3});
  }
  return data;
}

}  // namespace

TEST_CASE("robustness: calls as deep as the parser allows are evaluated") {
  auto data = jobs();
  CHECK_EQ(soon(data, repeated(200, "sum(") + "x" + repeated(200, ")")), "{} 60:9");
  CHECK_EQ(soon(data, repeated(120, "-(") + "3" + repeated(120, ")")), "{} 60:3");
  CHECK_EQ(soon(data, repeated(100'000, "(")).find("InvalidArgument"), 0);
}

TEST_CASE("robustness: a chain of a thousand operators is evaluated") {
  auto data = jobs();
  CHECK_EQ(soon(data, "sum(x) - scalar(sum(x))" + repeated(1000, " + sum(x)")), "{} 60:9000");
  CHECK_EQ(soon(data, "2 - 1" + repeated(1500, " + 1")), "{} 60:1501");
}

TEST_CASE("robustness: subqueries in subqueries take time by their sum, not their product") {
  auto data = jobs();
  std::string query = "max(x)";
  for (int i = 0; i < 40; ++i) query = "max_over_time((" + query + ")[10m:1s])";
  CHECK_EQ(soon(data, query), "{} 60:3");
}

TEST_CASE("robustness: a matcher of a megabyte is answered, a longer query refused") {
  auto data = jobs();
  CHECK_EQ(soon(data, "count(x{job!=\"" + std::string(1'000'000, 'a') + "\"})"), "{} 60:3");
  auto refused = soon(data, "count(x{job!=\"" + std::string(2'000'000, 'a') + "\"})");
  CHECK_NE(refused.find("1048576"), std::string::npos);
}

TEST_CASE("robustness: ten thousand alternatives match what they name") {
  auto data = jobs();
  auto literal = [](int i) { return "j" + std::to_string(i); };
  CHECK_EQ(soon(data, "count(x{job=~\"" + joined(10'000, "|", literal) + "\"})"), "{} 60:2");
  CHECK_EQ(soon(data, "count(x{job!~\"" + joined(10'000, "|", literal) + "\"})"), "{} 60:1");
}

TEST_CASE("robustness: ten thousand patterns match what they name") {
  auto data = jobs();
  auto pattern = [](int i) { return "[jk]" + std::to_string(i) + ".?"; };
  CHECK_EQ(soon(data, "count(x{job=~\"" + joined(10'000, "|", pattern) + "\"})"), "{} 60:3");
  CHECK_EQ(soon(data, "count(label_replace(x, \"job\", \"same\", \"job\", \"" +
                          joined(9'999, "|", pattern) + "\") > 2)")
               .find("FailedPrecondition"),
           0);
}

TEST_CASE("robustness: an expression that grows by repetition is refused") {
  auto data = jobs();
  auto answer = soon(data, "x{job=~\"((a{100}){100}){100}\"}");
  CHECK_EQ(answer.find("InvalidArgument"), 0);
}

TEST_CASE("robustness: a hundred thousand steps have a sample each") {
  MemoryQueryable data;
  auto& column = data.series(Labels{{"__name__", "x"}});
  for (int64_t i = 0; i < 10'000; ++i) column.append(i * 10'000, static_cast<double>(i));
  auto result = Engine({}).query(Context().with_timeout(kSoon), data,
                                 {"increase(x[5m])", 20'000, 100'019'000, 1'000, 0});
  REQUIRE_MESSAGE(result.ok(), result.status().to_string());
  REQUIRE_EQ(result->series.size(), 1);
  CHECK_EQ(result->series[0].samples.size(), 100'000);
}

TEST_CASE("robustness: more steps and series than samples are allowed fail") {
  auto data = jobs();
  QueryRequest request{"x * 2", 0, 1'000'000'000, 10, 0};
  CHECK_EQ(soon(data, request).find("ResourceExhausted"), 0);
  CHECK_EQ(soon(data, "sum_over_time(vector(1)[10y:1ms])").find("ResourceExhausted"), 0);
}

TEST_CASE("robustness: labels and parameters without bound are taken as they are") {
  auto data = jobs();
  auto name = [](int i) { return "l" + std::to_string(i); };
  CHECK_EQ(soon(data, "count(sum by (" + joined(50'000, ",", name) + ") (x))"), "{} 60:1");
  CHECK_EQ(soon(data, "count(topk(1e18, x))"), "{} 60:3");
  CHECK_EQ(soon(data, "count(x offset 290y)"), "");
  CHECK_EQ(soon(data, "count(label_join(x, \"made\", \"" + std::string(100'000, '-') +
                          "\", \"job\", \"job\"))"),
           "{} 60:3");
}

TEST_CASE("robustness: the longest chain is broken into lines soon") {
  auto name = [](int i) { return std::string(500, 'a') + std::to_string(i); };
  int operands = static_cast<int>(rounds(1'900));
  auto text = joined(operands, " + ", name);
  auto begin = std::chrono::steady_clock::now();
  auto expr = promql::parse_expression(text);
  REQUIRE_MESSAGE(expr.ok(), expr.status().to_string());
  auto pretty = promql::to_pretty_string(**expr);
  CHECK(std::chrono::steady_clock::now() - begin < kSoon);
  CHECK_EQ(std::count(pretty.begin(), pretty.end(), '\n'), 2 * (operands - 1));
}
