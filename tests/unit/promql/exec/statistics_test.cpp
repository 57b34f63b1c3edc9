// SPDX-License-Identifier: Apache-2.0
// The figures are those that Prometheus 3.14 tests itself for.
#include "promqltest/load.hpp"
#include "promqltest/script.hpp"

#include "support/memory_queryable.hpp"

#include <mnemo/promql.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <variant>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

using Counts = std::vector<uint64_t>;

struct Counted {
  const char* expression;
  int64_t start;
  int64_t end;
  int64_t step;      // seconds, as both before it; 0: an instant query
  Counts looked_at;  // at each step
  Counts read;

  QueryRequest request() const { return {expression, start * 1000, end * 1000, step * 1000, 0}; }
};

MemoryQueryable every_ten_seconds() {
  auto script = promqltest::parse_script(R"(
load 10s
  metricWith1SampleEvery10Seconds 1+1x100
  metricWith3SampleEvery10Seconds{a="1",b="1"} 1+1x100
  metricWith3SampleEvery10Seconds{a="2",b="2"} 1+1x100
  metricWith3SampleEvery10Seconds{a="3",b="2"} 1+1x100
  metricWith1HistogramEvery10Seconds {{schema:1 count:5 sum:20 buckets:[1 2 1 1]}}+{{schema:1 count:10 sum:5 buckets:[1 2 3 4]}}x100
)");
  REQUIRE_MESSAGE(script.ok(), script.status().message());
  MemoryQueryable data;
  for (const auto& command : *script) {
    REQUIRE(promqltest::apply_load(std::get<promqltest::LoadCommand>(command.what), data).ok());
  }
  return data;
}

const std::vector<Counted>& counted() {
  static const std::vector<Counted> kCounted = {
      {R"("literal string")", 21, 21, 0, {0}, {0}},
      {"1", 21, 21, 0, {0}, {0}},
      {"metricWith1SampleEvery10Seconds", 21, 21, 0, {1}, {1}},
      {"metricWith1HistogramEvery10Seconds", 21, 21, 0, {13}, {13}},
      {"timestamp(metricWith1SampleEvery10Seconds)", 21, 21, 0, {1}, {1}},
      {"timestamp(metricWith1HistogramEvery10Seconds)", 21, 21, 0, {1}, {1}},
      {"metricWith1SampleEvery10Seconds", 22, 22, 0, {1}, {1}},
      {"metricWith1SampleEvery10Seconds offset 10s", 21, 21, 0, {1}, {1}},
      {"metricWith1SampleEvery10Seconds @ 15", 21, 21, 0, {1}, {1}},
      {R"(metricWith3SampleEvery10Seconds{a="1"})", 21, 21, 0, {1}, {1}},
      {R"(metricWith3SampleEvery10Seconds{a="1"} @ 19)", 21, 21, 0, {1}, {1}},
      {R"(metricWith3SampleEvery10Seconds{a="1"}[20s] @ 19)", 21, 21, 0, {2}, {2}},
      {"metricWith3SampleEvery10Seconds", 21, 21, 0, {3}, {3}},
      {"metricWith1SampleEvery10Seconds[60s]", 201, 201, 0, {6}, {6}},
      {"metricWith1HistogramEvery10Seconds[60s]", 201, 201, 0, {78}, {78}},
      {"max_over_time(metricWith1SampleEvery10Seconds[60s])[20s:5s]", 201, 201, 0, {24}, {8}},
      {"max_over_time(metricWith1SampleEvery10Seconds[61s])[20s:5s]", 201, 201, 0, {26}, {8}},
      {"max_over_time(metricWith1HistogramEvery10Seconds[60s])[20s:5s]", 201, 201, 0, {312}, {104}},
      {"metricWith1SampleEvery10Seconds[60s] @ 30", 201, 201, 0, {4}, {4}},
      {"metricWith1HistogramEvery10Seconds[60s] @ 30", 201, 201, 0, {52}, {52}},
      {"sum(max_over_time(metricWith3SampleEvery10Seconds[60s] @ 30))", 201, 201, 0, {12}, {12}},
      {"sum by (b) (max_over_time(metricWith3SampleEvery10Seconds[60s] @ 30))",
       201,
       201,
       0,
       {12},
       {12}},
      {"metricWith1SampleEvery10Seconds[60s] offset 10s", 201, 201, 0, {6}, {6}},
      {"metricWith3SampleEvery10Seconds[60s]", 201, 201, 0, {18}, {18}},
      {"max_over_time(metricWith1SampleEvery10Seconds[60s])", 201, 201, 0, {6}, {6}},
      {"absent_over_time(metricWith1SampleEvery10Seconds[60s])", 201, 201, 0, {6}, {6}},
      {"max_over_time(metricWith3SampleEvery10Seconds[60s])", 201, 201, 0, {18}, {18}},
      {"metricWith1SampleEvery10Seconds[60s:5s]", 201, 201, 0, {12}, {12}},
      {"metricWith1SampleEvery10Seconds[60s:5s] offset 10s", 201, 201, 0, {12}, {12}},
      {"max_over_time(metricWith3SampleEvery10Seconds[60s:5s])", 201, 201, 0, {36}, {36}},
      {"sum(max_over_time(metricWith3SampleEvery10Seconds[60s:5s])) + "
       "sum(max_over_time(metricWith3SampleEvery10Seconds[60s:5s]))",
       201,
       201,
       0,
       {72},
       {72}},
      {R"(metricWith3SampleEvery10Seconds{a="1"})", 201, 220, 5, {1, 1, 1, 1}, {1, 1, 1, 1}},
      {R"(metricWith3SampleEvery10Seconds{a="1"})", 204, 223, 5, {1, 1, 1, 1}, {1, 1, 1, 1}},
      {"metricWith1HistogramEvery10Seconds", 204, 223, 5, {13, 13, 13, 13}, {13, 13, 13, 13}},
      {"timestamp(metricWith1SampleEvery10Seconds)", 201, 220, 5, {1, 1, 1, 1}, {1, 1, 1, 1}},
      {"timestamp(metricWith1HistogramEvery10Seconds)", 201, 220, 5, {1, 1, 1, 1}, {1, 1, 1, 1}},
      {R"(max_over_time(metricWith3SampleEvery10Seconds{a="1"}[10s]))",
       991,
       1021,
       10,
       {1, 1, 0, 0},
       {1, 1, 0, 0}},
      {R"(metricWith3SampleEvery10Seconds{a="1"} offset 10s)",
       201,
       220,
       5,
       {1, 1, 1, 1},
       {1, 1, 1, 1}},
      {"max_over_time(metricWith3SampleEvery10Seconds[60s] @ 30)",
       201,
       220,
       5,
       {12, 12, 12, 12},
       {12, 0, 0, 0}},
      {"metricWith3SampleEvery10Seconds", 201, 220, 5, {3, 3, 3, 3}, {3, 3, 3, 3}},
      {"max_over_time(metricWith3SampleEvery10Seconds[60s])",
       201,
       220,
       5,
       {18, 18, 18, 18},
       {18, 0, 3, 0}},
      {"max_over_time(metricWith3SampleEvery10Seconds[60s:5s])",
       201,
       216,
       5,
       {36, 36, 36, 36},
       {36, 3, 3, 3}},
      {"max_over_time(metricWith3SampleEvery10Seconds[60s:5s])",
       201,
       220,
       5,
       {36, 36, 36, 36},
       {36, 3, 3, 3}},
      {"max_over_time(metricWith1SampleEvery10Seconds[60s:5s])",
       201,
       220,
       5,
       {12, 12, 12, 12},
       {12, 1, 1, 1}},
      {"sum by (b) (max_over_time(metricWith1SampleEvery10Seconds[60s:5s]))",
       201,
       220,
       5,
       {12, 12, 12, 12},
       {12, 1, 1, 1}},
      {"sum(max_over_time(metricWith3SampleEvery10Seconds[60s:5s])) + "
       "sum(max_over_time(metricWith3SampleEvery10Seconds[60s:5s]))",
       201,
       220,
       5,
       {72, 72, 72, 72},
       {72, 6, 6, 6}},
      {"sum(max_over_time(metricWith3SampleEvery10Seconds[60s:5s])) + "
       "sum(max_over_time(metricWith1SampleEvery10Seconds[60s:5s]))",
       201,
       216,
       5,
       {48, 48, 48, 48},
       {48, 4, 4, 4}},
      {"sum(max_over_time(metricWith3SampleEvery10Seconds[60s:5s])) + "
       "sum(max_over_time(metricWith1SampleEvery10Seconds[60s:5s]))",
       201,
       220,
       5,
       {48, 48, 48, 48},
       {48, 4, 4, 4}},
      {"max_over_time(metricWith1SampleEvery10Seconds[20s:10s])", 201, 201, 0, {2}, {2}},
      {"sum_over_time(metricWith1SampleEvery10Seconds[30s:30s])", 90, 90, 0, {1}, {1}},
      {"max_over_time(metricWith1SampleEvery10Seconds[30s:2m])", 240, 240, 0, {1}, {1}},
      {"max_over_time(metricWith1SampleEvery10Seconds[30s:10s])", 201, 231, 30, {3, 3}, {3, 3}},
      {"max_over_time(metricWith1SampleEvery10Seconds[20s:10s])",
       201,
       261,
       10,
       {2, 2, 2, 2, 2, 2, 2},
       {2, 1, 1, 1, 1, 1, 1}},
      {"max_over_time(metricWith1SampleEvery10Seconds[30s:10s])", 201, 261, 60, {3, 3}, {3, 3}},
      {"histogram_count(max_over_time(metricWith1HistogramEvery10Seconds[20s:10s]))",
       201,
       201,
       0,
       {26},
       {26}},
      {"avg_over_time(metricWith1HistogramEvery10Seconds[2m:1m])",
       120,
       240,
       60,
       {26, 26, 26},
       {26, 13, 13}},
      {"max_over_time(metricWith3SampleEvery10Seconds[60s:10s])",
       200,
       400,
       30,
       {18, 18, 18, 18, 18, 18, 18},
       {18, 9, 9, 9, 9, 9, 9}},
      {"predict_linear(metricWith1SampleEvery10Seconds[60s] @ 100, 60)",
       100,
       300,
       100,
       {6, 6, 6},
       {6, 0, 0}},
      {"sum_over_time(metricWith3SampleEvery10Seconds[20s:10s] @ 200)", 250, 250, 0, {6}, {6}},
      {"sum_over_time(metricWith1SampleEvery10Seconds[20s:10s] offset 1m)", 240, 240, 0, {2}, {2}},
      {"sum_over_time(metricWith3SampleEvery10Seconds[1m:10s] @ 200 offset 1m)",
       300,
       300,
       0,
       {18},
       {18}},
      {"sum_over_time(max_over_time(metricWith3SampleEvery10Seconds[60s] @ 300)[5m:1m] @ "
       "600)[10m:2m]",
       800,
       800,
       0,
       {75},
       {18}},
      {"rate(sum_over_time(metricWith1SampleEvery10Seconds[30s])[1m:30s])", 240, 240, 0, {2}, {6}},
  };
  return kCounted;
}

uint64_t sum(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

}  // namespace

TEST_CASE("promql: what queries look at and what they read is counted as Prometheus does") {
  MemoryQueryable data = every_ten_seconds();
  for (const Counted& expected : counted()) {
    INFO(expected.expression);
    QueryRequest request = expected.request();
    request.count_samples = true;
    auto result = Engine({}).query(Context(), data, request);
    REQUIRE_MESSAGE(result.ok(), result.status().to_string());
    const QueryStatistics& statistics = result->statistics;
    CHECK_EQ(statistics.queryable_samples_per_step, expected.looked_at);
    CHECK_EQ(statistics.queryable_samples, sum(expected.looked_at));
    CHECK_EQ(statistics.queryable_samples_read_per_step, expected.read);
    CHECK_EQ(statistics.queryable_samples_read, sum(expected.read));
  }
}

TEST_CASE("promql: the peak of samples is what max_samples limits") {
  MemoryQueryable data = every_ten_seconds();
  for (const Counted& query : counted()) {
    INFO(query.expression);
    QueryRequest request = query.request();
    auto result = Engine({}).query(Context(), data, request);
    REQUIRE_MESSAGE(result.ok(), result.status().to_string());
    if (result->statistics.peak_samples == 0) continue;
    EngineOptions options;
    uint64_t peak = result->statistics.peak_samples;
    // A series of all steps has to fit in, even where it has none at some of them.
    options.max_samples = std::max<uint64_t>(peak, query.looked_at.size());
    CHECK(Engine(options).query(Context(), data, request).ok());
    options.max_samples = peak - 1;
    CHECK_EQ(Engine(options).query(Context(), data, request).status().code(),
             Code::kResourceExhausted);
  }
}
