// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <stop_token>
#include <string>
#include <thread>

using namespace mnemo;
using namespace mnemo::testing;

TEST_CASE("promql: a sample is looked up within the lookback, its far end excluded") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1});
  CHECK_EQ(range(data, "m", 0, 301'000, 100'000), "{__name__=\"m\"} 0:1 100:1 200:1");
  CHECK_EQ(instant(data, "m", 299'999), "{__name__=\"m\"} 299:1");
}

TEST_CASE("promql: a stale marker ends a series") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1, stale_nan(), 3});
  CHECK_EQ(range(data, "m", 0, 20'000, 10'000), "{__name__=\"m\"} 0:1 20:3");
  CHECK_EQ(instant(data, "count_over_time(m[1m])", 20'000), "{} 20:2");
}

TEST_CASE("promql: offset and @ move the time looked at") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1, 2, 3, 4});
  CHECK_EQ(instant(data, "m offset 10s", 30'000), "{__name__=\"m\"} 30:3");
  CHECK_EQ(instant(data, "m offset -10s", 20'000), "{__name__=\"m\"} 20:4");
  CHECK_EQ(range(data, "m @ 10", 0, 20'000, 10'000), "{__name__=\"m\"} 0:2 10:2 20:2");
  CHECK_EQ(range(data, "sum_over_time(m[20s] @ end())", 0, 20'000, 10'000), "{} 0:5 10:5 20:5");
}

TEST_CASE("promql: absent series have the labels that were asked for") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1});
  CHECK_EQ(instant(data, "absent(none{job=\"a\", code=~\"5..\"})", 0), "{job=\"a\"} 0:1");
  CHECK_EQ(instant(data, "absent(m)", 0), "");
}

TEST_CASE("promql: labels are replaced and joined") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}, {"a", "x-1"}, {"b", "y"}}, 10'000, {1});
  CHECK_EQ(instant(data, "label_replace(m, \"c\", \"$2:${1}\", \"a\", \"(.*)-(.*)\")", 0),
           "{__name__=\"m\", a=\"x-1\", b=\"y\", c=\"1:x\"} 0:1");
  CHECK_EQ(instant(data, "label_join(m, \"c\", \"/\", \"a\", \"b\")", 0),
           "{__name__=\"m\", a=\"x-1\", b=\"y\", c=\"x-1/y\"} 0:1");
}

TEST_CASE("promql: histogram_quantile interpolates within a bucket") {
  MemoryQueryable data;
  load(data, {{"__name__", "b"}, {"le", "1"}}, 10'000, {10});
  load(data, {{"__name__", "b"}, {"le", "2"}}, 10'000, {30});
  load(data, {{"__name__", "b"}, {"le", "+Inf"}}, 10'000, {40});
  CHECK_EQ(instant(data, "histogram_quantile(0.5, b)", 0), "{} 0:1.5");
  CHECK_EQ(instant(data, "histogram_quantile(0.99, b)", 0), "{} 0:2");
}

TEST_CASE("promql: dates follow the calendar") {
  MemoryQueryable data;
  CHECK_EQ(instant(data, "year(vector(951782400))", 0), "{} 0:2000");  // 2000-02-29
  CHECK_EQ(instant(data, "day_of_month(vector(951782400))", 0), "{} 0:29");
  CHECK_EQ(instant(data, "days_in_month(vector(951782400))", 0), "{} 0:29");
  CHECK_EQ(instant(data, "day_of_year(vector(951782400))", 0), "{} 0:60");
  CHECK_EQ(instant(data, "day_of_week(vector(951782400))", 0), "{} 0:2");
  CHECK_EQ(instant(data, "hour(vector(3661))", 0), "{} 0:1");
}

TEST_CASE("promql: notes carry the position in the query") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1, 2});
  auto result = Engine({}).query(Context(), data, {"1 +\n rate(m[1m])", 10'000, 10'000, 0, 0});
  REQUIRE(result.ok());
  REQUIRE_EQ(result->infos.size(), 1);
  CHECK_EQ(result->infos[0],
           "PromQL info: metric might not be a counter, name does not end in "
           "_total/_sum/_count/_bucket: \"m\" (2:7)");
}

TEST_CASE("promql: too many samples are an error that names the limit") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1, 2, 3});
  EngineOptions options;
  options.max_samples = 2;
  auto result = Engine(options).query(Context(), data, {"m", 0, 20'000, 10'000, 0});
  CHECK_EQ(result.status().code(), Code::kResourceExhausted);
  CHECK(result.status().message().find("max_samples 2") != std::string::npos);
}

TEST_CASE("promql: more steps than samples are allowed fail before anything is allocated") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1});
  auto result = Engine({}).query(Context(), data, {"m", 0, int64_t{1} << 60, 1, 0});
  CHECK_EQ(result.status().code(), Code::kResourceExhausted);
}

TEST_CASE("promql: any number of threads gives the same answer") {
  MemoryQueryable data;
  std::mt19937_64 random(5);
  for (int i = 0; i < 700; ++i) {
    SampleColumn& column = data.series(
        {{"__name__", "m"}, {"group", std::to_string(i % 7)}, {"number", std::to_string(i)}});
    double value = 0;
    for (int64_t time = 0; time < 600'000; time += 15'000) {
      value += static_cast<double>(random() % 1000) / 7;
      if (random() % 20 == 0) value = 0;
      if (random() % 10 != 0) column.append(time, value);
    }
  }
  for (const char* expression :
       {"m", "rate(m[2m])", "sum by (group) (rate(m[2m]))", "avg(m)", "stddev by (group) (m)",
        "topk(3, increase(m[1m]))", "sum(quantile_over_time(1.5, m[1m]))",
        "count(m > 20) by (group)", "max_over_time(sum by (group) (rate(m[1m]))[3m:30s])"}) {
    INFO(expression);
    QueryRequest request{expression, 0, 600'000, 20'000, 0};
    auto alone = Engine({}).query(Context(), data, request);
    REQUIRE(alone.ok());
    REQUIRE_FALSE(alone->series.empty());
    for (size_t threads : {1, 3}) {
      EngineOptions options;
      options.executor = make_thread_pool(threads);
      auto together = Engine(options).query(Context(), data, request);
      REQUIRE(together.ok());
      CHECK_EQ(print(*together), print(*alone));
      CHECK_EQ(together->warnings, alone->warnings);
      CHECK_EQ(together->statistics.samples_read, alone->statistics.samples_read);
    }
  }
}

TEST_CASE("promql: the limit of samples holds with threads as without") {
  MemoryQueryable data;
  for (int i = 0; i < 100; ++i)
    load(data, {{"__name__", "m"}, {"i", std::to_string(i)}}, 1000, {1, 2, 3});
  EngineOptions options;
  options.max_samples = 50;
  std::string alone = instant(data, "m", 2000, options);
  options.executor = make_thread_pool(2);
  CHECK_EQ(instant(data, "m", 2000, options), alone);
  CHECK(alone.find("max_samples 50") != std::string::npos);
}

TEST_CASE("promql: the samples that each step looks at are counted where that is asked for") {
  MemoryQueryable data;
  load(data, Labels{{"__name__", "x"}}, 30'000, {1, 2, 3});
  auto counts = [&](const std::string& expression) {
    QueryRequest request{expression, 0, 60'000, 30'000, 0};
    request.count_samples = true;
    auto result = Engine({}).query(Context(), data, request);
    REQUIRE_MESSAGE(result.ok(), result.status().to_string());
    const auto& statistics = result->statistics;
    uint64_t sum = 0;
    for (uint64_t samples : statistics.queryable_samples_per_step) sum += samples;
    CHECK_EQ(sum, statistics.queryable_samples);
    return statistics.queryable_samples_per_step;
  };
  using Counts = std::vector<uint64_t>;
  CHECK_EQ(counts("x"), Counts{1, 1, 1});
  CHECK_EQ(counts("x + x offset 30s"), Counts{1, 2, 2});
  CHECK_EQ(counts("sum_over_time(x[1m])"), Counts{1, 2, 2});
  CHECK_EQ(counts("x @ 60"), Counts{1, 1, 1});
  CHECK_EQ(counts("sum_over_time(x[2m] @ 60) + x"), Counts{4, 4, 4});
  CHECK_EQ(counts("sum_over_time(x[1m:10s])"), Counts{1, 4, 6});  // points, not what they look at
  CHECK_EQ(counts("time() + 1"), Counts{0, 0, 0});
}

TEST_CASE("promql: the samples of an instant query for a range are counted") {
  MemoryQueryable data;
  load(data, Labels{{"__name__", "x"}}, 30'000, {1, 2, 3});
  for (auto [expression, samples] : {std::pair("x[5m]", 3), std::pair("(x + x)[1m:30s]", 4)}) {
    QueryRequest request{expression, 60'000, 60'000, 0, 0};
    request.count_samples = true;
    auto result = Engine({}).query(Context(), data, request);
    REQUIRE_MESSAGE(result.ok(), result.status().to_string());
    CHECK_EQ(result->statistics.queryable_samples, samples);
    request.count_samples = false;
    result = Engine({}).query(Context(), data, request);
    CHECK_EQ(result->statistics.queryable_samples, 0);
  }
}

TEST_CASE("promql: too many series or steps is an error that names the limit") {
  MemoryQueryable data;
  for (const char* job : {"a", "b", "c"}) load(data, {{"__name__", "m"}, {"job", job}}, 1000, {1});
  EngineOptions options;
  options.max_series = 2;
  CHECK_NE(instant(data, "sum(m)", 0, options).find("max_series 2"), std::string::npos);
  options.max_series = 3;
  CHECK_EQ(instant(data, "sum(m)", 0, options), "{} 0:3");
  options.max_steps = 10;
  CHECK_EQ(range(data, "m", 0, 9000, 1000, options), range(data, "m", 0, 9000, 1000));
  CHECK_NE(range(data, "m", 0, 10'000, 1000, options).find("max_steps 10"), std::string::npos);
}

namespace {

/// 100,000 samples; what looks at a day of them at each of 10,000 steps takes the better part of a
/// minute.
MemoryQueryable long_series() {
  MemoryQueryable data;
  SampleColumn& column = data.series({{"__name__", "m"}});
  std::mt19937_64 random(3);
  for (int64_t i = 0; i < 100'000; ++i) column.append(i * 1000, static_cast<double>(random()));
  return data;
}

constexpr std::chrono::seconds kSoon{5};  // however busy the machine is

}  // namespace

TEST_CASE("promql: a query ends soon after its context, in the middle of a long series too") {
  MemoryQueryable data = long_series();
  for (const char* expression : {"quantile_over_time(0.5, m[1d])", "stddev_over_time(m[1d])"}) {
    INFO(expression);
    QueryRequest request{expression, 0, 100'000'000, 10'000, 0};
    auto begin = std::chrono::steady_clock::now();
    auto context = Context().with_timeout(std::chrono::milliseconds(100));
    auto result = Engine({}).query(context, data, request);
    CHECK_EQ(result.status().code(), Code::kDeadlineExceeded);
    CHECK(std::chrono::steady_clock::now() - begin < kSoon);
  }
}

TEST_CASE("promql: a query ends soon after another thread cancels it") {
  MemoryQueryable data = long_series();
  EngineOptions threads;
  threads.executor = make_thread_pool(2);
  for (const char* expression :
       {"quantile_over_time(0.5, m[1d])", "sum(stddev_over_time(m[1d])) > 0",
        "max_over_time(quantile_over_time(0.5, m[1d])[10m:10s])"}) {
    INFO(expression);
    QueryRequest request{expression, 0, 100'000'000, 10'000, 0};
    for (const EngineOptions& options : {EngineOptions(), threads}) {
      std::stop_source source;
      std::chrono::steady_clock::time_point cancelled;
      std::jthread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        cancelled = std::chrono::steady_clock::now();
        source.request_stop();
      });
      auto result = Engine(options).query(Context(source.get_token()), data, request);
      auto ended = std::chrono::steady_clock::now();
      canceller.join();
      CHECK_EQ(result.status().code(), Code::kCancelled);
      CHECK(ended - cancelled < kSoon);
    }
  }
}
