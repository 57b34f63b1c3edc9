// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/aggregate.hpp"
#include "chunkenc/chunker.hpp"
#include "chunkenc/decode.hpp"
#include "chunkenc/xor2_encode.hpp"
#include "chunkenc/xor_encode.hpp"
#include "downsample/series.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <utility>

using namespace mnemo;
using namespace mnemo::downsample;

namespace {

using Samples = std::vector<std::pair<int64_t, double>>;
constexpr int64_t kTen = 10;

template <typename Encoder>
Chunk encode(Encoder encoder, ChunkEncoding encoding, const Samples& samples) {
  for (const auto& [time, value] : samples) encoder.append(time, value);
  return {samples.front().first, samples.back().first, encoding, Bytes::own(encoder.take())};
}
Chunk xor_chunk(const Samples& samples) {
  return encode(XorEncoder(), ChunkEncoding::kXor, samples);
}

std::vector<Chunk> downsampled(const std::vector<Chunk>& chunks,
                               std::vector<TimeRange> deleted = {}) {
  std::vector<Chunk> out;
  SampleColumn scratch;
  auto status = downsample_raw(chunks, deleted, kTen, scratch, out);
  REQUIRE_MESSAGE(status.ok(), status.to_string());
  return out;
}

SampleColumn part_of(const Chunk& chunk, AggregatePart part) {
  auto parts = split_aggregate(chunk);
  REQUIRE(parts.ok());
  REQUIRE((*parts)[part].has_value());
  SampleColumn column;
  REQUIRE(decode_chunk(*(*parts)[part], TimeRange(), column).ok());
  return column;
}

Samples floats_of(const Chunk& chunk, AggregatePart part) {
  auto column = part_of(chunk, part);
  Samples samples;
  for (size_t i = 0; i < column.size(); ++i) {
    samples.emplace_back(column.times[i], column.values[i]);
  }
  return samples;
}

FloatHistogram histogram(double zero_threshold, double count, double bucket) {
  FloatHistogram h;
  h.schema = 0;
  h.zero_threshold = zero_threshold;
  h.count = count;
  h.sum = count;
  h.positive_spans = {{2, 1}};
  h.positive_buckets = {bucket};
  return h;
}

std::vector<Chunk> chunks_of(const std::vector<std::pair<int64_t, FloatHistogram>>& samples) {
  SampleChunker chunker;
  for (const auto& [time, h] : samples) REQUIRE(chunker.append(time, h, 0).ok());
  std::vector<Chunk> chunks;
  chunker.finish(chunks);
  return chunks;
}

}  // namespace

TEST_CASE("downsample: a window becomes its count, sum, minimum, maximum and counter") {
  auto made = downsampled({xor_chunk({{1, 5}, {3, 7}, {9, 6}, {12, 2}, {18, 3}})});
  REQUIRE_EQ(made.size(), 1);
  CHECK_EQ(made[0].min_time, 9);
  CHECK_EQ(made[0].max_time, 18);
  CHECK_EQ(floats_of(made[0], AggregatePart::kCount), Samples{{9, 3}, {18, 2}});
  CHECK_EQ(floats_of(made[0], AggregatePart::kSum), Samples{{9, 18}, {18, 5}});
  CHECK_EQ(floats_of(made[0], AggregatePart::kMin), Samples{{9, 5}, {18, 2}});
  CHECK_EQ(floats_of(made[0], AggregatePart::kMax), Samples{{9, 7}, {18, 3}});
  // 5, 7 (+2), 6 after a reset (+6) | 2 after a reset (+2), 3 (+1); first and last as they were.
  CHECK_EQ(floats_of(made[0], AggregatePart::kCounter),
           Samples{{1, 5}, {9, 13}, {18, 16}, {18, 3}});
}

TEST_CASE("downsample: stale markers and other NaNs count for nothing") {
  double nan = std::numeric_limits<double>::quiet_NaN();
  auto made = downsampled({xor_chunk({{1, 5}, {3, stale_nan()}, {9, nan}, {12, nan}})});
  REQUIRE_EQ(made.size(), 1);
  CHECK_EQ(floats_of(made[0], AggregatePart::kCount), Samples{{1, 1}});
  CHECK(downsampled({xor_chunk({{1, nan}, {2, stale_nan()}})}).empty());
}

TEST_CASE("downsample: XOR2 chunks give what XOR chunks of the same samples give") {
  Samples samples{{1, 5}, {3, 7}, {9, stale_nan()}, {12, 2}, {180, 3}};
  auto one = downsampled({xor_chunk(samples)});
  auto other = downsampled({encode(Xor2Encoder(), ChunkEncoding::kXor2, samples)});
  REQUIRE_EQ(one.size(), 1);
  REQUIRE_EQ(other.size(), 1);
  CHECK_EQ(one[0].data, other[0].data);
}

TEST_CASE("downsample: deleted samples are left out") {
  auto made = downsampled({xor_chunk({{1, 5}, {3, 7}, {12, 2}}), xor_chunk({{21, 1}})}, {{3, 12}});
  REQUIRE_EQ(made.size(), 1);
  CHECK_EQ(floats_of(made[0], AggregatePart::kSum), Samples{{9, 5}, {21, 1}});
}

TEST_CASE("downsample: floats and histograms of a series come in chunks of their own") {
  auto chunks = chunks_of({{11, histogram(0, 3, 3)}, {13, histogram(0, 5, 5)}});
  chunks.insert(chunks.begin(), xor_chunk({{1, 5}}));
  auto made = downsampled(chunks);
  REQUIRE_EQ(made.size(), 2);
  CHECK_EQ(floats_of(made[0], AggregatePart::kSum), Samples{{1, 5}});
  auto sums = part_of(made[1], AggregatePart::kSum);
  REQUIRE_EQ(sums.size(), 1);
  CHECK_EQ(sums.histograms[0]->count, 8);
  CHECK_EQ(sums.histograms[0]->counter_reset_hint, CounterResetHint::kGauge);
  auto counters = part_of(made[1], AggregatePart::kCounter);
  REQUIRE_EQ(counters.size(), 1);
  CHECK_EQ(counters.histograms[0]->count, 5);
}

TEST_CASE("downsample: a histogram counter goes on over its resets") {
  auto made = downsampled(chunks_of({{1, histogram(0, 3, 3)},
                                     {2, histogram(0, 5, 5)},
                                     {11, histogram(0, 2, 2)},
                                     {12, histogram(0, 4, 4)}}));
  REQUIRE_EQ(made.size(), 1);
  auto counters = part_of(made[0], AggregatePart::kCounter);
  REQUIRE_EQ(counters.size(), 2);
  CHECK_EQ(counters.histograms[0]->count, 5);
  CHECK_EQ(counters.histograms[1]->count, 9);
  CHECK_EQ(counters.histograms[1]->positive_buckets, std::vector<double>{9});
}

TEST_CASE("downsample: nothing is lost where histograms change their zero bucket") {
  auto made = downsampled(chunks_of({{1, histogram(0.001, 3, 3)},
                                     {2, histogram(0.001, 5, 5)},
                                     {11, histogram(0.5, 6, 6)},
                                     {12, histogram(0.5, 8, 8)},
                                     {21, histogram(0.5, 9, 9)}}));
  // A chunk has one zero threshold: the aggregates go on in a second one.
  REQUIRE_EQ(made.size(), 2);
  CHECK_EQ(floats_of(made[0], AggregatePart::kCount), Samples{{9, 2}});
  CHECK_EQ(floats_of(made[1], AggregatePart::kCount), Samples{{19, 2}, {21, 1}});
  CHECK_EQ(part_of(made[0], AggregatePart::kSum).histograms[0]->count, 8);
  auto sums = part_of(made[1], AggregatePart::kSum);
  CHECK_EQ(sums.histograms[0]->count, 14);
  CHECK_EQ(sums.histograms[1]->count, 9);
  auto counters = part_of(made[1], AggregatePart::kCounter);
  REQUIRE_EQ(counters.size(), 2);
  CHECK_EQ(counters.histograms[1]->count, 9);
  CHECK_EQ(counters.histograms[1]->zero_threshold, 0.5);
}

TEST_CASE("downsample: a coarser resolution of aggregates is that of their samples") {
  Samples samples;
  for (int64_t i = 0; i < 100; ++i) samples.emplace_back(i, static_cast<double>(i * 7 % 13));
  auto fine = downsampled({xor_chunk(samples)});
  std::vector<Chunk> coarse;
  REQUIRE(downsample_aggregated(fine, kTen, 50, coarse).ok());
  std::vector<Chunk> direct;
  SampleColumn scratch;
  REQUIRE(downsample_raw({{xor_chunk(samples)}}, {}, 50, scratch, direct).ok());
  REQUIRE_EQ(coarse.size(), 1);
  REQUIRE_EQ(direct.size(), 1);
  CHECK_EQ(coarse[0].data, direct[0].data);
}

TEST_CASE("downsample: malformed aggregates are errors") {
  auto fine = downsampled({xor_chunk({{1, 5}, {3, 7}, {12, 2}, {31, 2}})});
  for (size_t length = 0; length < fine[0].data.size(); ++length) {
    Chunk cut = fine[0];
    cut.data = cut.data.slice(0, length);
    std::vector<Chunk> out;
    CHECK_FALSE(downsample_aggregated({{cut}}, kTen, 50, out).ok());
  }
}

TEST_CASE("downsample: more windows than a chunk can hold are an error") {
  // Two chunks of 40,000 windows each whose counts say that there are few.
  std::vector<Chunk> chunks;
  for (int64_t number : {0, 1}) {
    XorEncoder sums;
    XorEncoder counts;
    int64_t first = number * 40'000;
    for (int64_t i = first; i < first + 40'000; ++i) sums.append(i * kTen, 1);
    counts.append(first * kTen, 1);
    AggregateParts parts;
    parts.parts[0] = Chunk{0, 0, ChunkEncoding::kXor, Bytes::own(counts.take())};
    parts.parts[1] = Chunk{0, 0, ChunkEncoding::kXor, Bytes::own(sums.take())};
    chunks.push_back({first * kTen, (first + 39'999) * kTen, ChunkEncoding::kAggregate,
                      Bytes::own(join_aggregate(parts))});
  }
  std::vector<Chunk> out;
  CHECK_EQ(downsample_aggregated(chunks, 1, kTen, out).code(), Code::kDataLoss);
}
