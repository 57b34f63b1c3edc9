// SPDX-License-Identifier: Apache-2.0
#include "model/chain.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>
#include <vector>

using namespace mnemo;

namespace {

using Samples = std::vector<std::pair<int64_t, double>>;

Samples chained(const std::vector<Samples>& parts) {
  std::vector<SampleColumn> columns(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    for (auto [time, value] : parts[i]) columns[i].append(time, value);
  }
  SampleColumn out;
  merge_chained(columns, out);
  Samples result;
  for (size_t i = 0; i < out.size(); ++i) result.emplace_back(out.times[i], out.values[i]);
  return result;
}

}  // namespace

TEST_CASE("chain: equal times come once, gaps are filled from either part") {
  CHECK_EQ(chained({{{10, 1}, {30, 3}}, {{10, 1}, {20, 2}, {30, 3}}}),
           Samples{{10, 1}, {20, 2}, {30, 3}});
  CHECK_EQ(chained({{{20, 2}, {30, 3}}, {{10, 1}, {20, 7}}}), Samples{{10, 1}, {20, 2}, {30, 3}});
}

TEST_CASE("chain: three parts, of which two overlap and one follows") {
  CHECK_EQ(chained({{{10, 1}, {20, 2}}, {{15, 9}, {20, 8}}, {{30, 3}}}),
           Samples{{10, 1}, {15, 9}, {20, 2}, {30, 3}});
}

TEST_CASE("chain: of equal times that sample is taken which Prometheus takes") {
  // As Prometheus 3.5 answers over a block for each part.
  CHECK_EQ(chained({{{0, 1}, {30, 1}, {60, 1}}, {{0, 2}, {30, 2}, {60, 2}}}),
           Samples{{0, 2}, {30, 2}, {60, 2}});
  CHECK_EQ(chained({{{0, 1}, {30, 1}, {60, 1}}, {{30, 2}, {60, 2}, {90, 2}}}),
           Samples{{0, 1}, {30, 2}, {60, 2}, {90, 2}});
  CHECK_EQ(chained({{{90, 1}, {120, 1}}, {{90, 2}, {110, 2}, {130, 2}}}),
           Samples{{90, 2}, {110, 2}, {120, 1}, {130, 2}});
  Samples first;
  Samples second;
  Samples third;
  for (int64_t t = 0; t < 300; t += 30) first.emplace_back(t, 1);
  for (int64_t t = 0; t < 200; t += 30) second.emplace_back(t, 2);
  for (int64_t t = 60; t < 330; t += 30) third.emplace_back(t, 3);
  CHECK_EQ(chained({first, second, third}), Samples{{0, 2},
                                                    {30, 2},
                                                    {60, 2},
                                                    {90, 1},
                                                    {120, 3},
                                                    {150, 2},
                                                    {180, 1},
                                                    {210, 3},
                                                    {240, 3},
                                                    {270, 3},
                                                    {300, 3}});
}

TEST_CASE("chain: histograms keep their reset hints but where parts mix") {
  auto histogram = std::make_shared<FloatHistogram>();
  histogram->counter_reset_hint = CounterResetHint::kNotReset;
  std::vector<SampleColumn> parts(2);
  for (int64_t t : {10, 20, 30}) parts[0].append(t, histogram);
  parts[1].append(25, histogram);
  SampleColumn out;
  merge_chained(parts, out);
  REQUIRE_EQ(out.times, std::vector<int64_t>{10, 20, 25, 30});
  CHECK_EQ(out.histogram(1)->counter_reset_hint, CounterResetHint::kNotReset);
  CHECK_EQ(out.histogram(2)->counter_reset_hint, CounterResetHint::kUnknown);
  CHECK_EQ(out.histogram(3)->counter_reset_hint, CounterResetHint::kUnknown);
}
