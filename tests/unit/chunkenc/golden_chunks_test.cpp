// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/aggregate.hpp"
#include "chunkenc/decode.hpp"
#include "support/golden.hpp"

#include <mnemo/block.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

void for_each_chunk(const std::filesystem::path& directory,
                    const std::function<void(const Chunk&)>& visit) {
  auto block = Block::open(directory);
  REQUIRE(block);
  auto selection = (*block)->select({}, TimeRange());
  REQUIRE(selection);
  BlockSeries series;
  while (*(*selection)->next(series)) {
    for (const auto& meta : series.chunks) {
      auto chunk = (*block)->read_chunk(meta);
      REQUIRE(chunk);
      visit(*chunk);
    }
  }
}

/// The chunks of a block in each generation of encodings.
void for_each_sample_chunk(const std::filesystem::path& golden,
                           const std::function<void(const Chunk&)>& visit) {
  for_each_chunk(golden / "raw" / golden_blocks(golden, "raw_a")[0], visit);
  for (const auto& entry :
       std::filesystem::directory_iterator(golden / "prometheus-3.14-xor2-st")) {
    if (entry.is_directory()) for_each_chunk(entry.path(), visit);
  }
}

/// A copy in a buffer of its own that ends where the data ends.
Chunk cut(const Chunk& chunk, size_t size) {
  auto buffer = std::make_shared<std::vector<uint8_t>>(chunk.data.data(), chunk.data.data() + size);
  return {chunk.min_time, chunk.max_time, chunk.encoding, Bytes(*buffer, buffer)};
}

}  // namespace

TEST_CASE("chunks: every chunk that is cut off fails") {
  auto golden = golden_dir();
  if (!golden) return;
  size_t number = 0;
  for_each_sample_chunk(*golden, [&](const Chunk& chunk) {
    if (number++ % 10 != 0) return;
    for (size_t size = 0; size < chunk.data.size(); size += 1 + size / 40) {
      SampleColumn samples;
      auto status = decode_chunk(cut(chunk, size), TimeRange(), samples);
      CHECK_EQ(status.code(), Code::kDataLoss);
      CHECK(samples.empty());
    }
  });
}

TEST_CASE("chunks: flipped bits in histograms give samples or an error") {
  auto golden = golden_dir();
  if (!golden) return;
  size_t number = 0;
  for_each_sample_chunk(*golden, [&](const Chunk& chunk) {
    if (chunk.encoding == ChunkEncoding::kXor || number++ % 20 != 0) return;
    for (size_t at = 0; at < chunk.data.size(); ++at) {
      auto damaged = cut(chunk, chunk.data.size());
      const_cast<uint8_t*>(damaged.data.data())[at] ^= static_cast<uint8_t>(1 << at % 8);
      SampleColumn samples;
      auto status = decode_chunk(damaged, TimeRange(), samples);
      CHECK((status.ok() || samples.empty()));
    }
  });
}

TEST_CASE("chunks: histograms outside of the range are left out, integers kept") {
  auto golden = golden_dir();
  if (!golden) return;
  for_each_chunk(*golden / "raw" / golden_blocks(*golden, "raw_a")[0], [&](const Chunk& chunk) {
    if (chunk.encoding != ChunkEncoding::kHistogram) return;
    std::vector<HistogramSample> all;
    REQUIRE(decode_histogram_chunk(chunk, TimeRange(), all).ok());
    if (all.size() < 3) return;
    TimeRange inner{all[1].time, all[all.size() - 2].time};
    SampleColumn some;
    REQUIRE(decode_chunk(chunk, inner, some).ok());
    REQUIRE_EQ(some.size(), all.size() - 2);
    CHECK_EQ(some.times[0], all[1].time);
    CHECK_EQ(some.histogram(0)->count, static_cast<double>(all[1].histogram.count));
    CHECK_EQ(some.histogram(0)->positive_buckets, all[1].histogram.to_float().positive_buckets);
  });
}

TEST_CASE("chunks: an aggregate chunk splits into its parts, and fails when it is cut off") {
  auto golden = golden_dir();
  if (!golden) return;
  auto ulid = golden_blocks(*golden, "downsampled_5m_a")[0];
  for_each_chunk(*golden / "downsampled-5m" / ulid, [&](const Chunk& chunk) {
    auto parts = split_aggregate(chunk);
    REQUIRE(parts);
    REQUIRE((*parts)[AggregatePart::kCount].has_value());
    SampleColumn samples;
    CHECK(decode_chunk(*(*parts)[AggregatePart::kCount], TimeRange(), samples).ok());
    CHECK_FALSE(samples.empty());
    CHECK_FALSE(split_aggregate(cut(chunk, chunk.data.size() - 1)));
    CHECK_FALSE(split_aggregate(cut(chunk, 0)));
    CHECK_EQ(decode_chunk(chunk, TimeRange(), samples).code(), Code::kInvalidArgument);
  });
}

TEST_CASE("chunks: an encoding that doesn't exist is refused") {
  SampleColumn samples;
  Chunk chunk{0, 0, static_cast<ChunkEncoding>(77), Bytes()};
  CHECK_EQ(decode_chunk(chunk, TimeRange(), samples).to_string(),
           "DataLoss: unknown chunk encoding 77");
}
