// SPDX-License-Identifier: Apache-2.0
// Expected values are those of thanos-io/promql-engine's tests, unless a comment calculates them.
#include "evaluate.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

EngineOptions with_x_functions() {
  EngineOptions options;
  options.enable_x_functions = true;
  return options;
}

std::string at(MemoryQueryable& data, std::string expression, int64_t time_ms) {
  return evaluate(data, {std::move(expression), time_ms, time_ms, 0, 0}, with_x_functions());
}

std::string steps(MemoryQueryable& data, std::string expression, int64_t start_ms, int64_t end_ms) {
  return evaluate(data, {std::move(expression), start_ms, end_ms, 10'000, 0}, with_x_functions());
}

MemoryQueryable series(int64_t interval_ms, std::initializer_list<double> values) {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, interval_ms, values);
  return data;
}

MemoryQueryable two_counters() {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}, {"p", "bar"}}, 5'000, {0, 10, 20, 30, 40, 50, 0, 10, 20, 30, 40});
  load(data, {{"__name__", "m"}, {"p", "foo"}}, 5'000,
       {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100});
  return data;
}

MemoryQueryable slow_counters() {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}, {"p", "bar"}}, 5'000, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  load(data, {{"__name__", "m"}, {"p", "foo"}}, 5'000, {1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3});
  return data;
}

}  // namespace

TEST_CASE("promql: xincrease takes in the sample before its window") {
  auto data = two_counters();
  CHECK_EQ(at(data, "xincrease(m[50s])", 50'000), "{p=\"bar\"} 50:90; {p=\"foo\"} 50:100");
  CHECK_EQ(at(data, "xincrease(m[5s])", 50'000), "{p=\"bar\"} 50:10; {p=\"foo\"} 50:10");
  CHECK_EQ(at(data, "xincrease(m[10s])", 50'000), "{p=\"bar\"} 50:20; {p=\"foo\"} 50:20");
  CHECK_EQ(at(data, "xincrease(m[3s])", 50'000), "{p=\"bar\"} 50:10; {p=\"foo\"} 50:10");
  CHECK_EQ(at(data, "xincrease(m[5s])", 17'000), "{p=\"bar\"} 17:10; {p=\"foo\"} 17:10");
  CHECK_EQ(at(data, "xincrease(m[10s])", 17'000), "{p=\"bar\"} 17:20; {p=\"foo\"} 17:20");
}

TEST_CASE("promql: xincrease counts a new series from nothing") {
  auto data = slow_counters();
  CHECK_EQ(at(data, "xincrease(m[5s])", 1'000), "{p=\"bar\"} 1:1; {p=\"foo\"} 1:1");
  CHECK_EQ(at(data, "xincrease(m[10s])", 55'000), "{p=\"bar\"} 55:1; {p=\"foo\"} 55:0");
  auto late = series(300'000, {stale_nan(), stale_nan(), stale_nan(), 5});
  CHECK_EQ(at(late, "xincrease(m[1h15m])", 4'500'000), "{} 4500:5");
}

TEST_CASE("promql: neighbouring windows of xincrease leave nothing out") {
  auto data = series(10'000, {1, 5, 10, 20});
  data.series({{"__name__", "m"}}).append(50'000, 40);
  CHECK_EQ(steps(data, "xincrease(m[10s])", 0, 60'000), "{} 0:1 10:4 20:5 30:10 40:0 50:20 60:0");
  CHECK_EQ(steps(data, "xincrease(m[20s])", 0, 60'000), "{} 0:1 10:4 20:9 30:15 40:10 50:20 60:20");
}

TEST_CASE("promql: xincrease sees counter resets, and none before its window") {
  auto data = series(300'000, {0, 1, 2, 3, 2, 3, 4});
  CHECK_EQ(at(data, "xincrease(m[30m])", 1'800'000), "{} 1800:7");
  auto late = series(30'000, {0, 0, 0, 0, 1, 1, 1, 1});
  CHECK_EQ(at(late, "xincrease(m[2m1s])", 240'000), "{} 240:1");
  CHECK_EQ(at(late, "xincrease(m[2m])", 240'000), "{} 240:0");
}

TEST_CASE("promql: xrate is the change over the window by its length") {
  auto data = two_counters();
  CHECK_EQ(at(data, "xrate(m[50s])", 50'000), "{p=\"bar\"} 50:1.8; {p=\"foo\"} 50:2");
  CHECK_EQ(at(data, "xrate(m[100s])", 50'000), "{p=\"bar\"} 50:0.9; {p=\"foo\"} 50:1");
  CHECK_EQ(at(data, "xrate(m[3s])", 50'000), "{p=\"bar\"} 50:2; {p=\"foo\"} 50:2");
  auto slow = slow_counters();
  CHECK_EQ(at(slow, "xrate(m[50s])", 24'000), "{p=\"bar\"} 24:0.08; {p=\"foo\"} 24:0.02");
  CHECK_EQ(at(slow, "xrate(m[50s])", 74'000), "{p=\"bar\"} 74:0.12; {p=\"foo\"} 74:0.02");
  CHECK_EQ(at(slow, "xrate(m[50s])", 76'000), "{p=\"bar\"} 76:0.1; {p=\"foo\"} 76:0.02");
  CHECK_EQ(at(slow, "xrate(m[10s])", 9'000), "{p=\"bar\"} 9:0.1; {p=\"foo\"} 9:0");
  CHECK_EQ(at(slow, "xrate(m[10s])", 49'000), "{p=\"bar\"} 49:0.2; {p=\"foo\"} 49:0.1");
}

TEST_CASE("promql: xdelta stretches the change to its window") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}, {"p", "bar"}}, 300'000, {200, 150, 300, 50, 0});
  load(data, {{"__name__", "m"}, {"p", "foo"}}, 300'000, {0, 50, 300, 150, 200});
  CHECK_EQ(at(data, "xdelta(m[20m])", 1'200'000), "{p=\"bar\"} 1200:-200; {p=\"foo\"} 1200:200");
  CHECK_EQ(at(data, "xdelta(m[19m])", 1'200'000), "{p=\"bar\"} 1200:-190; {p=\"foo\"} 1200:190");
  CHECK_EQ(at(data, "xdelta(m[1m])", 1'200'000), "{p=\"bar\"} 1200:-10; {p=\"foo\"} 1200:10");
}

TEST_CASE("promql: xrate leaves out a sample that is too far before its window") {
  // The sample at 0 s is 80 s before the window (80 s, 100 s], in which the counter goes from 3
  // to 5. There is one every 50 s on average, so it is too far. One sample alone says nothing.
  auto data = series(90'000, {1, 3});
  data.series({{"__name__", "m"}}).append(100'000, 5);
  CHECK_EQ(at(data, "xrate(m[20s])", 100'000), "{} 100:0.1");
  auto one = series(90'000, {1, 3});
  CHECK_EQ(at(one, "xrate(m[5s])", 90'000), "{} 90:0.02222222222222222");  // 2 in 90 s
  CHECK_EQ(at(one, "xrate(m[5s])", 180'000), "{} 180:0");
}

TEST_CASE("promql: the x-functions look back an hour and no more") {
  auto data = series(10'000, {1});
  CHECK_EQ(at(data, "xdelta(m[10s])", 3'609'999), "{} 3609:0");
  CHECK_EQ(at(data, "xdelta(m[10s])", 3'610'000), "");
}

TEST_CASE("promql: the x-functions refuse what they can't do") {
  MemoryQueryable data;
  data.series({{"__name__", "h"}}).append(0, std::make_shared<FloatHistogram>());
  CHECK_EQ(at(data, "xrate(h[10s])", 0),
           "FailedPrecondition: native histograms are not supported in extended range functions");
  CHECK_EQ(at(data, "xrate(m[10s:1s])", 0),
           "Unimplemented: xrate over a subquery is not implemented");
}

TEST_CASE("promql: the x-functions are unknown unless they are enabled") {
  MemoryQueryable data;
  CHECK_EQ(evaluate(data, {"xincrease(m[50s])", 0, 0, 0, 0}),
           "InvalidArgument: 1:1: parse error: unknown function with name \"xincrease\"");
  CHECK_EQ(evaluate(data, {"xrate(m[50s])", 0, 0, 0, 0}, experimental()),
           "InvalidArgument: 1:1: parse error: unknown function with name \"xrate\"");
}
