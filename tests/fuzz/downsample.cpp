// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/aggregate.hpp"
#include "chunkenc/decode.hpp"
#include "downsample/series.hpp"
#include "downsample/windows.hpp"
#include "fuzz/several_chunks.hpp"
#include "fuzz/targets.hpp"

#include <vector>

namespace mnemo::fuzz {
namespace {

void check_aggregates(std::span<const Chunk> chunks) {
  for (const auto& chunk : chunks) {
    require(chunk.min_time <= chunk.max_time);
    auto parts = split_aggregate(chunk);
    require(parts.ok());
    for (const auto& part : parts->parts) {
      SampleColumn samples;
      require(!part || decode_chunk(*part, TimeRange(), samples).ok());
    }
  }
}

}  // namespace

/// A series' chunks are downsampled, and what comes of it once more; aggregates that are hostile
/// too.
void run_downsample(std::span<const uint8_t> data) {
  auto chunks = several_chunks(data);
  SampleColumn scratch;
  std::vector<Chunk> made;
  std::vector<Chunk> again;
  if (downsample::downsample_raw(chunks, {}, downsample::kFiveMinutes, scratch, made).ok()) {
    check_aggregates(made);
    auto status = downsample::downsample_aggregated(made, downsample::kFiveMinutes,
                                                    downsample::kOneHour, again);
    require(status.ok());
    check_aggregates(again);
  }
  if (downsample::downsample_aggregated(chunks, downsample::kFiveMinutes, downsample::kOneHour,
                                        again)
          .ok()) {
    check_aggregates(again);
  }
}

}  // namespace mnemo::fuzz
