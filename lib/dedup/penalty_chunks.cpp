// SPDX-License-Identifier: Apache-2.0
#include "dedup/penalty_chunks.hpp"

#include "chunkenc/chunker.hpp"
#include "dedup/penalty.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace mnemo {
namespace {

/// The place of a sample, as a number that a double holds exactly.
constexpr uint64_t kSamplesPerPart = uint64_t{1} << 32;

/// A column with a chunk's times, whose values say where each sample is.
SampleColumn places_of(const ChunkSamples& samples, size_t part) {
  SampleColumn column;
  column.times = samples.times();
  column.values.reserve(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    column.values.push_back(static_cast<double>(part * kSamplesPerPart + i));
  }
  return column;
}

}  // namespace

Status deduplicate_chunks_by_penalty(std::span<const Chunk> overlapping,
                                     std::vector<Chunk>& merged) {
  std::vector<ChunkSamples> parts;
  std::vector<SampleColumn> places;
  for (const auto& chunk : overlapping) {
    if (chunk.encoding == ChunkEncoding::kAggregate) {
      return Status::unimplemented(
          "overlapping chunks of downsampled blocks can't be deduplicated");
    }
    if (sample_kind(chunk.encoding) != sample_kind(overlapping[0].encoding)) continue;
    MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
    places.push_back(places_of(samples, parts.size()));
    parts.push_back(std::move(samples));
  }
  SampleColumn chosen;
  deduplicate_by_penalty(places, DedupKind::kGauge, chosen);
  SampleChunker chunker;
  for (double place : chosen.values) {
    auto number = static_cast<uint64_t>(place);
    const auto& part = parts[number / kSamplesPerPart];
    MNEMO_RETURN_IF_ERROR(part.append_to(chunker, number % kSamplesPerPart));
  }
  chunker.finish(merged);
  return {};
}

}  // namespace mnemo
