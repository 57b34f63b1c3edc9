// SPDX-License-Identifier: Apache-2.0
#include "../exec/evaluate.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

void print(std::string& out, const PlanNode& node, size_t depth) {
  out += std::string(depth, ' ') + node.name + "\n";
  for (const auto& input : node.inputs) print(out, input, depth + 1);
}

std::string explained(const std::string& expression) {
  auto plan = Engine({}).explain({expression, 0, 60'000, 15'000, 0});
  if (!plan.ok()) return plan.status().message();
  std::string out;
  print(out, *plan, 0);
  return out;
}

}  // namespace

TEST_CASE("promql: a plan tells what is selected, matched and grouped") {
  CHECK_EQ(explained("sum by (job, env) (rate(m_total{job=\"a\",env!~\"x|y\"}[5m] offset 1m))"),
           "sum by (env, job)\n"
           " rate\n"
           "  select {job=\"a\", env!~\"x|y\", __name__=\"m_total\"}[5m] offset 1m, labels (env, "
           "job)\n");
  CHECK_EQ(explained("a * on (pod) group_left (node) b > bool 2"),
           "> bool\n"
           " * on (pod) group_left (node)\n"
           "  select {__name__=\"a\"}\n"
           "  select {__name__=\"b\"}\n"
           " 2\n");
}

TEST_CASE("promql: a plan has its constants folded and what never changes evaluated once") {
  CHECK_EQ(explained("1 + 2 * 3"), "7\n");
  CHECK_EQ(explained("m - (sum(n @ 30))"),
           "- ignoring ()\n"
           " select {__name__=\"m\"}\n"
           " once for all steps\n"
           "  sum\n"
           "   select {__name__=\"n\"} @ 30, labels ()\n");
  CHECK_EQ(explained("max_over_time(m[1h:5m])"),
           "max_over_time\n"
           " subquery [1h:5m]\n"
           "  select {__name__=\"m\"}\n");
  CHECK_EQ(explained("sum("), "1:5: parse error: unclosed left parenthesis");
}

TEST_CASE("promql: an analyzed query tells the series and the time of each part") {
  MemoryQueryable data;
  for (const char* job : {"a", "b", "c"})
    load(data, {{"__name__", "m"}, {"job", job}}, 15'000, {1});
  QueryRequest request{"sum by (job) (m) > 0", 0, 0, 0, 0};
  CHECK_FALSE(Engine({}).query(Context(), data, request)->analysis.has_value());
  request.analyze = true;
  auto result = Engine({}).query(Context(), data, request);
  REQUIRE(result.ok());
  REQUIRE(result->analysis.has_value());
  const PlanNode& comparison = *result->analysis;
  const PlanNode& sum = comparison.inputs.at(0);
  CHECK_EQ(comparison.series, 3);
  CHECK_EQ(sum.series, 3);
  CHECK_EQ(sum.inputs.at(0).series, 3);
  CHECK_GE(comparison.time, sum.time);
  CHECK_GE(sum.time, sum.inputs[0].time);
}
