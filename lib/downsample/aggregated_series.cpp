// SPDX-License-Identifier: Apache-2.0
#include "downsample/series.hpp"

#include "chunkenc/aggregate.hpp"
#include "chunkenc/decode.hpp"
#include "downsample/float_aggregates.hpp"
#include "downsample/histogram_aggregates.hpp"
#include "downsample/windows.hpp"

#include <algorithm>
#include <cstddef>

namespace mnemo::downsample {
namespace {

/// The kind that the counter is of; floats where there is none.
Result<AggregateKind> kind_of_parts(const AggregateParts& parts) {
  const auto& counter = parts[AggregatePart::kCounter];
  if (!counter) return AggregateKind::kFloats;
  return kind_of(*counter);
}

/// Chunks of one kind, one after the other.
class PartsRun {
 public:
  PartsRun(int64_t in_resolution, int64_t out_resolution)
      : in_resolution_(in_resolution), out_resolution_(out_resolution) {}

  Status append(AggregateParts parts, TimeRange range) {
    const auto& count = parts[AggregatePart::kCount];
    if (count) {
      MNEMO_TRY(uint32_t samples, chunk_sample_count(*count));
      samples_ += samples;
    }
    if (parts_.empty()) range_ = range;
    range_.max = range.max;
    parts_.push_back(std::move(parts));
    return {};
  }

  /// Aggregates what there is, of this kind, and begins anew.
  Status finish(AggregateKind kind, std::vector<Chunk>& out) {
    if (parts_.empty()) return {};
    size_t chunks = target_chunk_count(range_, in_resolution_, out_resolution_, samples_);
    size_t batch = std::max<size_t>(parts_.size() / chunks, 1);
    std::span<const AggregateParts> rest(parts_);
    while (!rest.empty()) {
      auto first = rest.first(std::min(batch, rest.size()));
      rest = rest.subspan(first.size());
      MNEMO_RETURN_IF_ERROR(aggregate(first, kind, out));
    }
    parts_.clear();
    samples_ = 0;
    return {};
  }

 private:
  Status aggregate(std::span<const AggregateParts> parts, AggregateKind kind,
                   std::vector<Chunk>& out) const {
    if (kind != AggregateKind::kFloats) {
      return aggregate_histogram_parts(parts, out_resolution_, out);
    }
    MNEMO_TRY(auto chunk, aggregate_float_parts(parts, out_resolution_));
    if (chunk) out.push_back(*std::move(chunk));
    return {};
  }

  int64_t in_resolution_;
  int64_t out_resolution_;
  std::vector<AggregateParts> parts_;
  TimeRange range_;
  size_t samples_ = 0;
};

/// Appends a chunk that may be a raw one, aggregated.
Status append_aggregated(const Chunk& chunk, int64_t resolution, std::vector<Chunk>& out) {
  if (chunk.encoding == ChunkEncoding::kAggregate) {
    out.push_back(chunk);
    return {};
  }
  std::vector<Chunk> made;
  SampleColumn scratch;
  MNEMO_RETURN_IF_ERROR(downsample_raw({&chunk, 1}, {}, resolution, scratch, made));
  out.insert(out.end(), made.begin(), made.end());
  return {};
}

}  // namespace

Status downsample_aggregated(std::span<const Chunk> chunks, int64_t in_resolution,
                             int64_t out_resolution, std::vector<Chunk>& out) {
  out.clear();
  std::vector<Chunk> aggregated;
  for (const auto& chunk : chunks) {
    MNEMO_RETURN_IF_ERROR(append_aggregated(chunk, in_resolution, aggregated));
  }
  PartsRun run(in_resolution, out_resolution);
  auto kind = AggregateKind::kFloats;
  for (const auto& chunk : aggregated) {
    MNEMO_TRY(auto parts, split_aggregate(chunk));
    MNEMO_TRY(auto next, kind_of_parts(parts));
    if (next != kind) MNEMO_RETURN_IF_ERROR(run.finish(kind, out));
    kind = next;
    MNEMO_RETURN_IF_ERROR(run.append(std::move(parts), {chunk.min_time, chunk.max_time}));
  }
  return run.finish(kind, out);
}

}  // namespace mnemo::downsample
