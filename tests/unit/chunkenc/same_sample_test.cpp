// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/chunker.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace mnemo;

namespace {

/// A counter with observations in two neighbouring buckets.
Histogram two_buckets(uint64_t first, uint64_t second) {
  Histogram h;
  h.zero_threshold = 0.001;
  h.count = first + second;
  h.sum = 3;
  h.positive_spans = {{1, 2}};
  h.positive_buckets = {static_cast<int64_t>(first), static_cast<int64_t>(second - first)};
  return h;
}

/// The same with one more bucket.
Histogram three_buckets(uint64_t first, uint64_t second, uint64_t third) {
  auto h = two_buckets(first, second);
  h.count += third;
  h.positive_spans = {{1, 2}, {2, 1}};
  h.positive_buckets.push_back(static_cast<int64_t>(third - second));
  return h;
}

template <typename AnyHistogram>
ChunkSamples chunk_of(const std::vector<std::pair<int64_t, AnyHistogram>>& samples) {
  SampleChunker chunker;
  for (const auto& [time, histogram] : samples) REQUIRE(chunker.append(time, histogram, 0).ok());
  std::vector<Chunk> chunks;
  chunker.finish(chunks);
  REQUIRE_EQ(chunks.size(), 1);
  auto decoded = ChunkSamples::decode(chunks[0]);
  REQUIRE(decoded.ok());
  return *decoded;
}

}  // namespace

TEST_CASE("same sample: buckets that a chunk gave to a histogram don't matter") {
  auto alone = chunk_of<Histogram>({{10, two_buckets(4, 7)}});
  auto widened = chunk_of<Histogram>({{10, two_buckets(4, 7)}, {20, three_buckets(4, 9, 1)}});
  CHECK(alone.has_same(0, widened, 0));
  CHECK(widened.has_same(0, alone, 0));
  CHECK_FALSE(widened.has_same(1, alone, 0));

  auto floats = chunk_of<FloatHistogram>({{10, two_buckets(4, 7).to_float()}});
  auto wide_floats = chunk_of<FloatHistogram>(
      {{10, two_buckets(4, 7).to_float()}, {20, three_buckets(4, 9, 1).to_float()}});
  CHECK(floats.has_same(0, wide_floats, 0));
  CHECK_FALSE(floats.has_same(0, alone, 0));
}

TEST_CASE("same sample: any other difference of two histograms matters") {
  auto sample = chunk_of<Histogram>({{10, two_buckets(4, 7)}});
  auto differs = [&](void (*change)(Histogram&)) {
    auto other = two_buckets(4, 7);
    change(other);
    return !sample.has_same(0, chunk_of<Histogram>({{10, other}}), 0);
  };
  CHECK_FALSE(differs([](Histogram&) {}));
  CHECK(differs([](Histogram& h) { h.sum = 4; }));
  CHECK(differs([](Histogram& h) { h.schema = 1; }));
  CHECK(differs([](Histogram& h) { h.zero_threshold = 0.5; }));
  CHECK(differs([](Histogram& h) { h.positive_spans = {{2, 2}}; }));
  CHECK(differs([](Histogram& h) { h.positive_buckets = {5, 1}; }));
  CHECK(differs([](Histogram& h) { h.counter_reset_hint = CounterResetHint::kGauge; }));
  CHECK(differs([](Histogram& h) {
    std::swap(h.positive_spans, h.negative_spans);
    std::swap(h.positive_buckets, h.negative_buckets);
  }));
  CHECK_FALSE(sample.has_same(0, chunk_of<Histogram>({{11, two_buckets(4, 7)}}), 0));
}
