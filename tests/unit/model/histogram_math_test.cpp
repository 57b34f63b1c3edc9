// SPDX-License-Identifier: Apache-2.0
#include "model/histogram_math.hpp"
#include "model/histogram_text.hpp"
#include "model/histogram_trim.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

namespace {

/// Buckets from `offset` on, at a schema; count and sum are what they add up to.
FloatHistogram exponential(int32_t schema, int32_t offset, std::vector<double> buckets) {
  FloatHistogram h;
  h.schema = schema;
  h.positive_spans = {{offset, static_cast<uint32_t>(buckets.size())}};
  for (double count : buckets) h.count += count;
  h.sum = h.count;
  h.positive_buckets = std::move(buckets);
  return h;
}

FloatHistogram custom(std::vector<double> bounds, std::vector<double> buckets) {
  FloatHistogram h = exponential(kCustomBucketsSchema, 0, std::move(buckets));
  h.custom_values = std::move(bounds);
  return h;
}

}  // namespace

TEST_CASE("histogram: adding aligns buckets") {
  auto a = exponential(0, 0, {1, 2});      // (0.5,1] (1,2]
  auto b = exponential(0, 1, {10, 0, 3});  // (1,2] (2,4] (4,8]
  REQUIRE(add(a, b));
  compact(a);
  CHECK_EQ(to_string(a), "{count:16, sum:16, (0.5,1]:1, (1,2]:12, (4,8]:3}");
  CHECK_EQ(a.positive_spans, std::vector<Span>{{0, 2}, {1, 1}});
}

TEST_CASE("histogram: the coarser schema of two holds for their sum") {
  auto fine = exponential(1, 1, {1, 2});  // (1,1.41] (1.41,2]
  auto coarse = exponential(0, 1, {4});   // (1,2]
  REQUIRE(add(fine, coarse));
  CHECK_EQ(to_string(fine), "{count:7, sum:7, (1,2]:7}");
}

TEST_CASE("histogram: the wider zero bucket swallows what lies in it") {
  auto a = exponential(0, -1, {1, 2, 4});  // (0.25,0.5] (0.5,1] (1,2]
  FloatHistogram b;
  b.zero_threshold = 0.75;  // cuts (0.5,1]: the threshold grows to 1
  b.zero_count = 8;
  b.count = 8;
  REQUIRE(add(a, b));
  CHECK_EQ(to_string(a), "{count:15, sum:7, [-1,1]:11, (1,2]:4}");
}

TEST_CASE("histogram: custom buckets meet at their common bounds") {
  auto a = custom({1, 2, 5}, {1, 1, 1, 1});
  auto b = custom({2, 10}, {3, 3});
  auto merge = add(a, b);
  REQUIRE(merge);
  CHECK(merge->bounds_reconciled);
  CHECK_EQ(to_string(a), "{count:10, sum:10, [-Inf,2]:5, (2,+Inf]:5}");
  auto exponential_one = exponential(0, 0, {1});
  CHECK_FALSE(add(a, exponential_one));
}

TEST_CASE("histogram: a bucket that lost observations is a reset") {
  auto before = exponential(0, 0, {1, 5});
  CHECK_FALSE(detect_reset(exponential(0, 0, {1, 6}), before));
  CHECK(detect_reset(exponential(0, 0, {6, 4}), before));
  CHECK(detect_reset(exponential(0, 0, {9}), before));
  CHECK_FALSE(detect_reset(exponential(-1, 0, {1, 5}), exponential(0, -1, {1, 0, 5})));
  CHECK(detect_reset(exponential(1, 0, {9, 9}), before));  // a finer schema
  auto hinted = exponential(0, 0, {1});
  hinted.counter_reset_hint = CounterResetHint::kNotReset;
  CHECK_FALSE(detect_reset(hinted, before));
}

TEST_CASE("histogram: kahan_add keeps what a large neighbour would swallow") {
  auto sum = exponential(0, 0, {1});
  std::optional<FloatHistogram> compensation;
  REQUIRE(kahan_add(sum, exponential(0, 0, {1e100}), compensation));
  REQUIRE(kahan_add(sum, exponential(0, 0, {-1e100}), compensation));
  REQUIRE(add(sum, *compensation));
  CHECK_EQ(sum.positive_buckets, std::vector<double>{1});
  CHECK_EQ(sum.count, 1);
}

TEST_CASE("histogram: trimming cuts a custom bucket in proportion") {
  auto h = custom({0, 10}, {0, 4, 0});
  trim_buckets(h, 5, TrimSide::kUpper);
  CHECK_EQ(to_string(h), "{count:2, sum:5, (0,10]:2}");
}

TEST_CASE("histogram: spans that promise more buckets than there are do no harm") {
  FloatHistogram h;
  h.positive_spans = {{0, 4'000'000'000}};
  h.positive_buckets = {1};
  auto copy = h;
  REQUIRE(add(h, copy));
  CHECK_EQ(h.positive_buckets, std::vector<double>{2});
}
