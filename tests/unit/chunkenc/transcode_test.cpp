// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/decode.hpp"
#include "chunkenc/transcode.hpp"
#include "model/histogram_math.hpp"
#include "support/golden.hpp"

#include <mnemo/block.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <set>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// Appends the samples of chunks; on failure the test ends.
SampleColumn decoded(const std::vector<Chunk>& chunks) {
  SampleColumn samples;
  for (const auto& chunk : chunks) REQUIRE(decode_chunk(chunk, TimeRange(), samples).ok());
  return samples;
}

void check_same(const SampleColumn& a, const SampleColumn& b) {
  REQUIRE_EQ(a.times, b.times);
  for (size_t i = 0; i < a.size(); ++i) {
    CHECK_EQ(std::bit_cast<uint64_t>(a.values[i]), std::bit_cast<uint64_t>(b.values[i]));
    REQUIRE_EQ(a.histogram(i) == nullptr, b.histogram(i) == nullptr);
    if (a.histogram(i) == nullptr) continue;
    CHECK(equal_content(*a.histogram(i), *b.histogram(i)));
    CHECK_EQ(a.histogram(i)->counter_reset_hint, b.histogram(i)->counter_reset_hint);
  }
}

}  // namespace

TEST_CASE("transcode: every chunk of the newer encodings keeps its samples in a common one") {
  auto golden = golden_dir();
  if (!golden) return;
  std::set<ChunkEncoding> seen;
  for (const auto& entry :
       std::filesystem::directory_iterator(*golden / "prometheus-3.14-xor2-st")) {
    if (!entry.is_directory()) continue;
    auto block = Block::open(entry.path());
    REQUIRE(block.ok());
    auto selection = (*block)->select({}, TimeRange());
    REQUIRE(selection.ok());
    BlockSeries series;
    while (*(*selection)->next(series)) {
      for (const auto& meta : series.chunks) {
        auto chunk = (*block)->read_chunk(meta);
        REQUIRE(chunk.ok());
        seen.insert(chunk->encoding);
        std::vector<Chunk> made;
        REQUIRE(append_in_common_encoding(*chunk, made).ok());
        REQUIRE_EQ(made.size(), 1);
        CHECK(is_common_encoding(made[0].encoding));
        CHECK_EQ(made[0].min_time, meta.min_time);
        CHECK_EQ(made[0].max_time, meta.max_time);
        check_same(decoded({*chunk}), decoded(made));
      }
    }
  }
  CHECK_EQ(seen, std::set{ChunkEncoding::kXor2, ChunkEncoding::kHistogramSt,
                          ChunkEncoding::kFloatHistogramSt});
}
