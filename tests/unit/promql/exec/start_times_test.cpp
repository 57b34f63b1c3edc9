// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

EngineOptions with_start_timestamps() {
  EngineOptions options = experimental();
  options.use_start_timestamps = true;
  return options;
}

/// A sample every 10 s, with the start timestamps given (0: none).
MemoryQueryable counter(std::initializer_list<double> values, std::vector<int64_t> starts) {
  MemoryQueryable data;
  load(data, {{"__name__", "m_total"}}, 10'000, values);
  data.series({{"__name__", "m_total"}}).start_times = std::move(starts);
  return data;
}

std::string steps(MemoryQueryable& data, std::string expression, int64_t start_ms, int64_t end_ms,
                  const EngineOptions& options = with_start_timestamps()) {
  return evaluate(data, {std::move(expression), start_ms, end_ms, 10'000, 0}, options);
}

}  // namespace

TEST_CASE("promql: a start timestamp after the sample before is a counter reset") {
  auto data = counter({5, 6, 7, 8}, {-60'000, -60'000, 15'000, 15'000});
  CHECK_EQ(steps(data, "resets(m_total[25s])", 10'000, 40'000), "{} 10:0 20:1 30:1 40:0");
  CHECK_EQ(steps(data, "irate(m_total[25s])", 10'000, 40'000), "{} 10:0.1 20:0.7 30:0.1 40:0.1");
  // 6 were counted before it: from 5 to 8 the counter went by 9 within 30 s, and its window is 30
  // s.
  CHECK_EQ(steps(data, "increase(m_total[30001ms])", 30'000, 30'000), "{} 30:9.0003");
}

TEST_CASE("promql: a rate begins where its first sample starts to count") {
  // Nothing at 5 s, 8 at 20 s: within the 15 s until the last sample.
  auto data = counter({0, 5, 8}, {0, 5'000, 5'000});
  CHECK_EQ(steps(data, "increase(m_total[19s])", 20'000, 20'000), "{} 20:8");
  CHECK_EQ(steps(data, "increase(m_total[9s])", 20'000, 20'000), "");
}

TEST_CASE("promql: a single sample has a rate where it starts within the window") {
  auto data = counter({5}, {-5'000});
  CHECK_EQ(steps(data, "rate(m_total[10s])", 0, 0), "{} 0:0.5");
  CHECK_EQ(steps(data, "rate(m_total[5s])", 0, 0), "");  // its edge is not within
}

TEST_CASE("promql: anchored resets see start timestamps") {
  auto data = counter({5, 6, 7}, {-60'000, -60'000, 15'000});
  CHECK_EQ(steps(data, "resets(m_total[10s] anchored)", 10'000, 20'000), "{} 10:0 20:1");
}

TEST_CASE("promql: start_timestamp tells the start of the sample that a selector finds") {
  auto data = counter({5, 6, 7}, {-60'000, 0, 15'500});
  CHECK_EQ(steps(data, "start_timestamp(m_total)", 0, 20'000), "{} 0:-60 10:0 20:15.5");
  CHECK_EQ(steps(data, "start_timestamp(m_total @ 20)", 0, 10'000), "{} 0:15.5 10:15.5");
  CHECK_EQ(steps(data, "start_timestamp(m_total * 1)", 0, 20'000), "");
}

TEST_CASE("promql: start timestamps don't count unless they are asked for") {
  EngineOptions options = with_start_timestamps();
  options.use_start_timestamps = false;
  auto data = counter({5, 6, 7, 8}, {-60'000, -60'000, 15'000, 15'000});
  CHECK_EQ(steps(data, "resets(m_total[25s])", 10'000, 20'000, options), "{} 10:0 20:0");
  CHECK_EQ(steps(data, "start_timestamp(m_total)", 0, 20'000, options), "");
}

TEST_CASE("promql: overlapping start timestamps are warned of") {
  auto data = counter({5, 6, 7}, {-60'000, -60'000, 5'000});
  QueryRequest request{"rate(m_total[30s])", 20'000, 20'000, 0, 0};
  auto result = Engine(with_start_timestamps()).query(Context(), data, request);
  REQUIRE(result.ok());
  CHECK_EQ(result->warnings,
           std::vector<std::string>{"PromQL warning: sample has start time that overlaps with "
                                    "previous sample timestamp for metric \"m_total\" (1:6)"});
  request.expression = "rate(m_total[15s])";  // 10 s and 20 s: they overlap
  CHECK_EQ(Engine(with_start_timestamps()).query(Context(), data, request)->warnings.size(), 1);
  request.end_ms = request.start_ms = 10'000;
  CHECK_EQ(Engine(with_start_timestamps()).query(Context(), data, request)->warnings.size(), 0);
}
