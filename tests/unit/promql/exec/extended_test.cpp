// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// A counter every 10 s that is reset between 20 s and 30 s.
MemoryQueryable reset_counter() {
  MemoryQueryable data;
  load(data, {{"__name__", "m_total"}}, 10'000, {0, 10, 20, 5, 15, 25});
  return data;
}

std::string at(std::string expression, int64_t time_ms) {
  auto data = reset_counter();
  return evaluate(data, {std::move(expression), time_ms, time_ms, 0, 0}, experimental());
}

std::string steps(std::string expression, int64_t start_ms, int64_t end_ms) {
  auto data = reset_counter();
  return evaluate(data, {std::move(expression), start_ms, end_ms, 10'000, 0}, experimental());
}

}  // namespace

TEST_CASE("promql: an anchored increase begins with the sample before its window") {
  CHECK_EQ(steps("increase(m_total[20s] anchored)", 20'000, 50'000), "{} 20:20 30:15 40:15 50:20");
  CHECK_EQ(steps("rate(m_total[20s] anchored)", 20'000, 50'000), "{} 20:1 30:0.75 40:0.75 50:1");
  CHECK_EQ(steps("delta(m_total[20s] anchored)", 20'000, 50'000), "{} 20:20 30:-5 40:-5 50:20");
}

TEST_CASE("promql: a smoothed increase interpolates at both edges, from nothing after a reset") {
  CHECK_EQ(steps("increase(m_total[20s] smoothed)", 25'000, 45'000), "{} 25:17.5 35:15 45:17.5");
  CHECK_EQ(steps("delta(m_total[20s] smoothed)", 25'000, 45'000), "{} 25:7.5 35:-5 45:7.5");
}

TEST_CASE("promql: an anchored window without a sample of its own has no increase") {
  CHECK_EQ(at("increase(m_total[20s] anchored)", 70'000), "");
  CHECK_EQ(at("increase(m_total[21s] anchored)", 70'000), "{} 70:10");
  CHECK_EQ(at("increase(m_total[20s] smoothed)", 80'000), "");
}

TEST_CASE("promql: a smoothed selector interpolates, and carries the last sample on") {
  CHECK_EQ(steps("m_total smoothed", -5'000, 55'000),
           "{__name__=\"m_total\"} 5:5 15:15 25:12.5 35:10 45:20 55:25");
  CHECK_EQ(at("m_total smoothed", 349'999), "{__name__=\"m_total\"} 349:25");
  CHECK_EQ(at("m_total smoothed", 350'000), "");
}

TEST_CASE("promql: an extended range selector has a sample at each edge of its window") {
  CHECK_EQ(at("m_total[20s] anchored", 25'000), "{__name__=\"m_total\"} 5:0 10:10 20:20 25:20");
  CHECK_EQ(at("m_total[20s] smoothed", 25'000), "{__name__=\"m_total\"} 5:5 10:10 20:20 25:12.5");
  CHECK_EQ(at("m_total[20s] anchored", 90'000), "");
}

TEST_CASE("promql: an extended range selector can't give histograms") {
  MemoryQueryable data;
  data.series({{"__name__", "h"}}).append(0, std::make_shared<FloatHistogram>());
  CHECK_EQ(evaluate(data, {"h[20s] smoothed", 10'000, 10'000, 0, 0}, experimental()),
           "FailedPrecondition: smoothed modifier is not supported with histograms");
}

TEST_CASE("promql: few functions take windows that look beyond their edges") {
  CHECK_EQ(at("resets(m_total[20s] smoothed)", 30'000),
           "FailedPrecondition: smoothed modifier can only be used with: delta, increase, rate - "
           "not with resets");
  CHECK_EQ(at("absent_over_time(m_total[20s] anchored)", 30'000),
           "FailedPrecondition: anchored modifier can only be used with: changes, delta, increase, "
           "rate, resets - not with absent_over_time");
}
