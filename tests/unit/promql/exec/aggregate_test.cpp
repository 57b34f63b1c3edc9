// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

MemoryQueryable jobs() {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}, {"job", "a"}, {"i", "0"}}, 10'000, {1, 2});
  load(data, {{"__name__", "m"}, {"job", "a"}, {"i", "1"}}, 10'000, {3, 5});
  load(data, {{"__name__", "m"}, {"job", "b"}, {"i", "0"}}, 10'000, {7, 7});
  return data;
}

}  // namespace

TEST_CASE("promql: aggregations group by labels or without them") {
  auto data = jobs();
  CHECK_EQ(range(data, "sum by (job) (m)", 0, 10'000, 10'000),
           "{job=\"a\"} 0:4 10:7; {job=\"b\"} 0:7 10:7");
  CHECK_EQ(instant(data, "max without (i, job) (m)", 0), "{} 0:7");
  CHECK_EQ(instant(data, "count(m)", 0), "{} 0:3");
  CHECK_EQ(instant(data, "avg(m)", 10'000), "{} 10:4.666666666666667");
  CHECK_EQ(instant(data, "stdvar(m)", 0), "{} 0:6.222222222222222");
  CHECK_EQ(instant(data, "quantile(0.5, m)", 0), "{} 0:3");
}

TEST_CASE("promql: an average survives a sum that overflows") {
  MemoryQueryable data;
  double large = std::numeric_limits<double>::max();
  load(data, {{"__name__", "m"}, {"i", "0"}}, 10'000, {large});
  load(data, {{"__name__", "m"}, {"i", "1"}}, 10'000, {large});
  CHECK_EQ(instant(data, "avg(m) / 1e308", 0), "{} 0:1.7976931348623157");
  CHECK_EQ(instant(data, "sum(m)", 0), "{} 0:+Inf");
}

TEST_CASE("promql: topk orders an instant query by value, best first") {
  auto data = jobs();
  CHECK_EQ(instant(data, "topk(2, m)", 10'000),
           "{__name__=\"m\", i=\"0\", job=\"b\"} 10:7; {__name__=\"m\", i=\"1\", job=\"a\"} 10:5");
  CHECK_EQ(instant(data, "bottomk by (job) (1, m)", 10'000),
           "{__name__=\"m\", i=\"0\", job=\"a\"} 10:2; {__name__=\"m\", i=\"0\", job=\"b\"} 10:7");
}

TEST_CASE("promql: count_values gives a series a value") {
  auto data = jobs();
  CHECK_EQ(range(data, "count_values(\"v\", m)", 10'000, 10'001, 1'000),
           "{v=\"2\"} 10:1; {v=\"5\"} 10:1; {v=\"7\"} 10:1");
}

TEST_CASE("promql: sort puts NaN last either way") {
  auto data = jobs();
  load(data, {{"__name__", "m"}, {"job", "c"}}, 10'000, {std::nan("")});
  CHECK_EQ(instant(data, "sort(sum by (job) (m))", 0),
           "{job=\"a\"} 0:4; {job=\"b\"} 0:7; {job=\"c\"} 0:NaN");
  CHECK_EQ(instant(data, "sort_desc(sum by (job) (m))", 0),
           "{job=\"b\"} 0:7; {job=\"a\"} 0:4; {job=\"c\"} 0:NaN");
}
