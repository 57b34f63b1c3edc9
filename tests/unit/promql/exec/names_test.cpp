// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

EngineOptions delayed() {
  EngineOptions options;
  options.enable_delayed_name_removal = true;
  return options;
}

MemoryQueryable one_metric() {
  MemoryQueryable data;
  load(data, {{"__name__", "x"}, {"job", "a"}}, 10'000, {1, 2});
  return data;
}

std::vector<std::string> infos_of_rate(MemoryQueryable& data, const EngineOptions& options) {
  auto result = Engine(options).query(Context(), data, {"rate(x[1m])", 10'000, 10'000, 0, 0});
  REQUIRE_MESSAGE(result.ok(), result.status().message());
  return result->infos;
}

}  // namespace

TEST_CASE("promql: a dropped name is gone from the result, however late") {
  auto data = one_metric();
  for (const char* query : {"-x", "x * 1", "abs(x) + 0", "-(-x) * -1", "max_over_time(x[10s]) * -1",
                            "(-x)[10s:10s]", "last_over_time((-x)[10s:10s])"}) {
    CAPTURE(query);
    auto text = instant(data, query, 10'000, delayed());
    CHECK_EQ(text.substr(0, text.find(' ')), "{job=\"a\"}");
  }
}

TEST_CASE("promql: a name that is dropped at the end can be read and kept until then") {
  auto data = one_metric();
  const char* query = "label_replace(-x, \"was\", \"$1\", \"__name__\", \"(.*)\")";
  CHECK_EQ(instant(data, query, 0, delayed()), "{job=\"a\", was=\"x\"} 0:-1");
  CHECK_EQ(instant(data, query, 0), "{job=\"a\"} 0:-1");
  CHECK_EQ(instant(data, "label_join(-x, \"__name__\", \"\", \"job\")", 0, delayed()),
           "{__name__=\"a\", job=\"a\"} 0:-1");
  CHECK_EQ(instant(data, "label_replace(-x, \"__name__\", \"y\", \"job\", \"b\")", 0, delayed()),
           "{job=\"a\"} 0:-1");
}

TEST_CASE("promql: a group by name loses it where any of its series does, at its last step") {
  MemoryQueryable data;
  load(data, {{"__name__", "x"}, {"job", "a"}}, 10'000, {1, 2});
  load(data, {{"__name__", "x"}, {"job", "b"}}, 10'000, {3});
  const char* query = "sum by (__name__) (x{job=\"a\"} or x{job=\"b\"} * 1)";
  CHECK_EQ(instant(data, query, 0, delayed()), "{} 0:4");
  data.series({{"__name__", "x"}, {"job", "b"}}).append(10'000, stale_nan());
  CHECK_EQ(range(data, query, 0, 10'000, 10'000, delayed()), "{__name__=\"x\"} 0:4 10:2");
}

TEST_CASE("promql: of two sides that make one series, the earliest sample decides on its name") {
  auto data = one_metric();
  CHECK_EQ(range(data, "(x > 1) * 1 or x", 0, 10'000, 10'000, delayed()),
           "{__name__=\"x\", job=\"a\"} 0:1 10:2");
  CHECK_EQ(range(data, "x > 1 or x * 1", 0, 10'000, 10'000, delayed()), "{job=\"a\"} 0:1 10:2");
}

TEST_CASE("promql: series that names told apart merge at the end, unless at one step") {
  MemoryQueryable data;
  load(data, {{"__name__", "x"}, {"job", "a"}}, 10'000, {1});
  data.series({{"__name__", "y"}, {"job", "a"}}).append(400'000, 2);
  CHECK_EQ(range(data, "{job=\"a\"} * 1", 0, 400'000, 400'000, delayed()), "{job=\"a\"} 0:1 400:2");
  load(data, {{"__name__", "z"}, {"job", "a"}}, 10'000, {1});
  CHECK_EQ(instant(data, "{job=\"a\"} * 1", 0, delayed()),
           "FailedPrecondition: vector cannot contain metrics with the same labelset");
  CHECK_EQ(instant(data, "sum({job=\"a\"} * 1)", 0, delayed()), "{} 0:2");
}

TEST_CASE("promql: type and unit go with the name") {
  MemoryQueryable data;
  load(data, {{"__name__", "x"}, {"__type__", "gauge"}, {"__unit__", "s"}, {"job", "a"}}, 10'000,
       {1});
  CHECK_EQ(instant(data, "-x", 0, delayed()), "{job=\"a\"} 0:-1");
  CHECK_EQ(instant(data, "-x", 0), "{job=\"a\"} 0:-1");
}

TEST_CASE("promql: where labels tell the type, they say what is no counter") {
  EngineOptions options;
  options.enable_type_and_unit_labels = true;
  MemoryQueryable gauge;
  load(gauge, {{"__name__", "x"}, {"__type__", "gauge"}}, 10'000, {1, 2});
  CHECK_EQ(infos_of_rate(gauge, options),
           std::vector<std::string>{
               "PromQL info: metric might not be a counter, __type__ label is not set to "
               "\"counter\" or \"histogram\", got \"gauge\": \"x\" (1:6)"});
  CHECK_EQ(infos_of_rate(gauge, {}),
           std::vector<std::string>{"PromQL info: metric might not be a counter, name does not end "
                                    "in _total/_sum/_count/_bucket: \"x\" (1:6)"});
  MemoryQueryable counter;
  load(counter, {{"__name__", "x"}, {"__type__", "counter"}}, 10'000, {1, 2});
  CHECK(infos_of_rate(counter, options).empty());
}
