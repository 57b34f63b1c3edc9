// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include "base/kahan_sum.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <span>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Numbers of very different sizes, some of them special.
std::vector<double> mixed_values(size_t count) {
  std::mt19937_64 random(11);
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) {
    switch (random() % 40) {
      case 0: values.push_back(kNan); break;
      case 1: values.push_back(kInf); break;
      case 2: values.push_back(-kInf); break;
      case 3: values.push_back(-0.0); break;
      case 4: values.push_back(0.0); break;
      case 5: values.push_back(1e300 * static_cast<double>(random() % 9)); break;
      default:
        values.push_back(std::ldexp(static_cast<double>(random() % 1000) - 500,
                                    static_cast<int>(random() % 60)));
    }
  }
  return values;
}

/// Checks a function of windows of many lengths against `expected` of each window's values.
void check_windows(const std::string& function,
                   const std::function<double(std::span<const double>)>& expected) {
  auto values = mixed_values(400);
  MemoryQueryable data;
  SampleColumn& column = data.series({{"__name__", "m"}});
  for (size_t i = 0; i < values.size(); ++i)
    column.append(static_cast<int64_t>(i) * 1000, values[i]);
  for (size_t length : {1, 2, 3, 7, 40, 399}) {
    for (size_t step : {1, 3, 50}) {
      auto expression = function + "(m[" + std::to_string(length) + "s])";
      INFO(expression << " every " << step << " s");
      auto result = Engine({}).query(
          Context(), data, {expression, 0, 399'000, static_cast<int64_t>(step) * 1000, 0});
      REQUIRE(result.ok());
      const auto& samples = result->series.at(0).samples;
      for (size_t i = 0; i < samples.size(); ++i) {
        auto end = static_cast<size_t>(samples.times[i] / 1000) + 1;
        size_t first = end > length ? end - length : 0;
        double wanted = expected(std::span(values).subspan(first, end - first));
        bool same = std::isnan(wanted) ? std::isnan(samples.values[i])
                                       : std::bit_cast<uint64_t>(samples.values[i]) ==
                                             std::bit_cast<uint64_t>(wanted);
        REQUIRE_MESSAGE(same, samples.values[i] << " at " << end - 1 << " s, not " << wanted);
      }
    }
  }
}
}  // namespace

TEST_CASE("promql: a range excludes its left edge") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1, 2, 3, 4});
  CHECK_EQ(instant(data, "count_over_time(m[20s])", 20'000), "{} 20:2");
  CHECK_EQ(instant(data, "count_over_time(m[20001ms])", 20'000), "{} 20:3");
}

TEST_CASE("promql: rate extrapolates to the edges that are close, and sees resets") {
  MemoryQueryable data;
  load(data, {{"__name__", "up_total"}}, 10'000, {0, 10, 20, 30, 40, 50});
  // 10 s to 50 s, extended by 0 s at the start (the zero point lies before) and 0 s at the end.
  CHECK_EQ(instant(data, "rate(up_total[50s])", 50'000), "{} 50:1");
  CHECK_EQ(instant(data, "increase(up_total[50s])", 50'000), "{} 50:50");
  load(data, {{"__name__", "reset_total"}}, 10'000, {0, 10, 2, 12, 4, 14});
  // Last minus first is 4, and 10 and 12 were lost: 26 over 40 s, extended to 50 s.
  CHECK_EQ(instant(data, "increase(reset_total[50s])", 50'000), "{} 50:32.5");
  CHECK_EQ(instant(data, "resets(reset_total[1m])", 50'000), "{} 50:2");
  CHECK_EQ(instant(data, "changes(reset_total[1m])", 50'000), "{} 50:5");
}

TEST_CASE("promql: an infinity that left the window leaves no trace") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {kInf, 1e300, 1, 2, 3});
  CHECK_EQ(range(data, "sum_over_time(m[20s])", 0, 40'000, 10'000),
           "{} 0:+Inf 10:+Inf 20:1e+300 30:3 40:5");
  CHECK_EQ(range(data, "avg_over_time(m[20s])", 30'000, 40'000, 10'000), "{} 30:1.5 40:2.5");
  CHECK_EQ(range(data, "stddev_over_time(m[20s])", 30'000, 40'000, 10'000), "{} 30:0.5 40:0.5");
}

TEST_CASE("promql: sums keep what large neighbours would swallow") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {1e100, 1, -1e100});
  CHECK_EQ(instant(data, "sum_over_time(m[1m])", 20'000), "{} 20:1");
}

TEST_CASE("promql: windows that overlap have the sums and means of each alone") {
  check_windows("sum_over_time", [](std::span<const double> values) {
    KahanSum sum;
    for (double value : values) sum.add(value);
    return std::isinf(sum.sum) ? sum.sum : sum.total();
  });
  check_windows("avg_over_time", [](std::span<const double> values) {
    KahanMean mean;
    for (double value : values) mean.add(value);
    return mean.value();
  });
}

TEST_CASE("promql: an extreme is the first of its kind in the window, a NaN only where all are") {
  check_windows("max_over_time", [](std::span<const double> values) {
    double best = values[0];
    for (double value : values) best = value > best || std::isnan(best) ? value : best;
    return best;
  });
  check_windows("min_over_time", [](std::span<const double> values) {
    double best = values[0];
    for (double value : values) best = value < best || std::isnan(best) ? value : best;
    return best;
  });
}

TEST_CASE("promql: quantile_over_time interpolates between neighbours") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {4, 1, 3, 2});
  CHECK_EQ(instant(data, "quantile_over_time(0.5, m[1m])", 30'000), "{} 30:2.5");
  CHECK_EQ(instant(data, "quantile_over_time(-1, m[1m])", 30'000), "{} 30:-Inf");
}

TEST_CASE("promql: deriv and predict_linear follow a line") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {0, 20, 40, 60});
  CHECK_EQ(instant(data, "deriv(m[1m])", 30'000), "{} 30:2");
  CHECK_EQ(instant(data, "predict_linear(m[1m], 5)", 30'000), "{} 30:70");
}

TEST_CASE("promql: a subquery evaluates at multiples of its step") {
  MemoryQueryable data;
  load(data, {{"__name__", "m"}}, 10'000, {0, 1, 2, 3, 4, 5, 6});
  CHECK_EQ(instant(data, "m[30s:20s]", 55'000), "{__name__=\"m\"} 40:4");
  CHECK_EQ(instant(data, "sum_over_time(m[60s:20s])", 60'000), "{} 60:12");
}
