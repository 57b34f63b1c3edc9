// SPDX-License-Identifier: Apache-2.0
// The cases are Thanos' own (pkg/dedup/iter_test.go), as data; where its test's iterator can go
// back in time, which those of real chunks can't, the expectation is that of real chunks.
#include "chunkenc/counter_resets.hpp"
#include "dedup/penalty.hpp"

#include <mnemo/histogram.hpp>
#include <mnemo/time_range.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <utility>
#include <vector>

using namespace mnemo;

namespace {

using Samples = std::vector<std::pair<int64_t, double>>;

SampleColumn column(const Samples& samples) {
  SampleColumn result;
  for (auto [time, value] : samples) result.append(time, value);
  return result;
}

Samples samples(const SampleColumn& column) {
  Samples result;
  for (size_t i = 0; i < column.size(); ++i) {
    result.emplace_back(column.times[i], column.values[i]);
  }
  return result;
}

Samples deduplicated(std::initializer_list<Samples> replicas, DedupKind kind = DedupKind::kGauge) {
  std::vector<SampleColumn> columns;
  for (const auto& replica : replicas) columns.push_back(column(replica));
  SampleColumn out;
  deduplicate_by_penalty(columns, kind, out);
  return samples(out);
}

std::shared_ptr<const FloatHistogram> histogram(double count, CounterResetHint hint) {
  auto h = std::make_shared<FloatHistogram>();
  h->count = count;
  h->sum = count;
  h->counter_reset_hint = hint;
  return h;
}

}  // namespace

TEST_CASE("penalty: the first replica is preferred where times are equal") {
  CHECK_EQ(deduplicated({{{10000, 10}, {20000, 11}, {30000, 12}, {40000, 13}},
                         {{10000, 20}, {20000, 21}, {30000, 22}, {40000, 23}}}),
           Samples{{10000, 10}, {20000, 11}, {30000, 12}, {40000, 13}});
}

TEST_CASE("penalty: the replica that starts earlier is preferred") {
  CHECK_EQ(deduplicated({{{10100, 1}, {20100, 1}, {30100, 1}, {40100, 1}},
                         {{10000, 2}, {20000, 2}, {30000, 2}, {40000, 2}}}),
           Samples{{10000, 2}, {20000, 2}, {30000, 2}, {40000, 2}});
}

TEST_CASE("penalty: a gap of one sample does not switch replicas") {
  CHECK_EQ(deduplicated({{{10000, 1}, {20000, 1}, {40000, 1}},
                         {{10000, 2}, {20000, 2}, {30000, 2}, {40000, 2}}}),
           Samples{{10000, 1}, {20000, 1}, {40000, 1}});
  CHECK_EQ(deduplicated({{{10000, 1}, {20000, 1}, {40000, 1}},
                         {{15000, 2}, {25000, 2}, {35000, 2}, {45000, 2}}}),
           Samples{{10000, 1}, {20000, 1}, {40000, 1}});
}

TEST_CASE("penalty: a gap of more than two distances switches, and stays") {
  CHECK_EQ(deduplicated({{{10000, 1}, {20000, 1}, {30000, 1}, {60000, 1}, {70000, 1}},
                         {{10100, 2}, {20100, 2}, {30100, 2}, {40100, 2}, {50100, 2}, {60100, 2}}}),
           Samples{{10000, 1}, {20000, 1}, {30000, 1}, {50100, 2}, {60100, 2}});
}

TEST_CASE("penalty: times may be as far apart as there are times") {
  int64_t first = kMinTime + 1;
  CHECK_EQ(deduplicated({{{first, 1}, {0, 2}, {kMaxTime, 3}}, {{first, 4}, {1, 5}, {kMaxTime, 6}}}),
           Samples{{first, 1}, {0, 2}, {kMaxTime, 3}});
}

TEST_CASE("penalty: replicas one after the other are all taken") {
  CHECK_EQ(deduplicated({{{10000, 1}, {20000, 2}},
                         {{60000, 3}, {70000, 4}},
                         {{200000, 5}, {210000, 6}},
                         {{10000, 1}, {20000, 2}}}),
           Samples{{10000, 1}, {20000, 2}, {60000, 3}, {70000, 4}, {200000, 5}, {210000, 6}});
}

TEST_CASE("penalty: a counter's replica that has seen less is lifted where it takes over") {
  Samples a{{10000, 8},  {20000, 9},  {50001, 10}, {60000, 11},
            {70000, 12}, {80000, 13}, {90000, 14}, {100000, 15}};
  Samples b{{10001, 8}, {45001, 8.5}, {55001, 9.5}, {65001, 10.5}};
  CHECK_EQ(deduplicated({a, b}, DedupKind::kCounter),
           Samples{{10000, 8}, {20000, 9}, {45001, 9}, {55001, 10}, {65001, 11}, {100000, 15}});
  CHECK_EQ(
      deduplicated({a, b}, DedupKind::kGauge),
      Samples{{10000, 8}, {20000, 9}, {45001, 8.5}, {55001, 9.5}, {65001, 10.5}, {100000, 15}});
}

TEST_CASE("penalty: floats and histograms of different replicas follow each other") {
  SampleColumn floats = column({{0, 0}});
  SampleColumn histograms;
  for (int64_t t : {10000, 20000, 30000, 40000}) {
    histograms.append(t, histogram(1, CounterResetHint::kUnknown));
  }
  for (bool floats_first : {true, false}) {
    std::vector<SampleColumn> replicas{floats_first ? floats : histograms,
                                       floats_first ? histograms : floats};
    SampleColumn out;
    deduplicate_by_penalty(replicas, DedupKind::kGauge, out);
    CHECK_EQ(out.times, std::vector<int64_t>{0, 10000, 20000, 30000, 40000});
    CHECK_EQ(out.histogram(0), nullptr);
    CHECK(out.histogram(4) != nullptr);
  }
}

TEST_CASE("penalty: a histogram behind a foreign one does not claim that no reset lies between") {
  SampleColumn a;
  a.append(10000, histogram(5, CounterResetHint::kUnknown));
  a.append(20000, histogram(6, CounterResetHint::kNotReset));
  SampleColumn b;
  b.append(10001, histogram(1, CounterResetHint::kUnknown));
  for (int64_t t : {20001, 30001, 40001, 50001}) {
    b.append(t, histogram(2, CounterResetHint::kNotReset));
  }
  SampleColumn out;
  deduplicate_by_penalty(std::vector{a, b}, DedupKind::kGauge, out);
  CHECK_EQ(out.times, std::vector<int64_t>{10000, 20000, 40001, 50001});
  CHECK_EQ(out.histogram(1)->counter_reset_hint, CounterResetHint::kNotReset);
  CHECK_EQ(out.histogram(2)->counter_reset_hint, CounterResetHint::kUnknown);
  CHECK_EQ(out.histogram(3)->counter_reset_hint, CounterResetHint::kNotReset);
}

TEST_CASE("counter resets: each reset is added, stale markers are left out") {
  CounterResets resets;
  SampleColumn out;
  resets.append(column({{10, 20}, {20, 30}, {30, stale_nan()}, {40, 0}, {50, 5}}), out);
  resets.append(column({{60, 2}}), out);
  CHECK_EQ(samples(out), Samples{{10, 20}, {20, 30}, {40, 30}, {50, 35}, {60, 37}});
}

TEST_CASE("counter resets: the last value that a chunk repeats decides about the next chunk") {
  CounterResets resets;
  SampleColumn out;
  resets.append(column({{10, 20}, {20, 70}, {20, 5}}), out);
  resets.append(column({{30, 8}}), out);
  CHECK_EQ(samples(out), Samples{{10, 20}, {20, 70}, {30, 73}});
}
