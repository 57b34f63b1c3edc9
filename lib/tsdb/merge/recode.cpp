// SPDX-License-Identifier: Apache-2.0
#include "tsdb/merge/recode.hpp"

#include "chunkenc/chunker.hpp"
#include "model/sample_chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace mnemo::tsdb {
namespace {

using Reading = SamplePlace<ChunkSamples>;

}  // namespace

Status append_without(const Chunk& chunk, std::span<const TimeRange> deleted,
                      std::vector<Chunk>& out) {
  MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
  SampleChunker chunker(chunk.encoding);
  for (size_t i = 0; i < samples.size(); ++i) {
    int64_t time = samples.time(i);
    auto has = [&](const TimeRange& range) { return range.contains(time); };
    if (std::any_of(deleted.begin(), deleted.end(), has)) continue;
    MNEMO_RETURN_IF_ERROR(samples.append_to(chunker, i));
  }
  chunker.finish(out);
  return {};
}

Status chain_overlaps(std::span<const Chunk> overlapping, std::vector<Chunk>& merged) {
  std::vector<ChunkSamples> chunks;
  // Prometheus puts the chunk that began the group last, which decides between equal times.
  for (size_t i = 1; i <= overlapping.size(); ++i) {
    const auto& chunk = overlapping[i % overlapping.size()];
    if (chunk.encoding == ChunkEncoding::kAggregate) {
      return Status::unimplemented("overlapping chunks of downsampled blocks can't be chained");
    }
    MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
    chunks.push_back(std::move(samples));
  }
  SampleChunker chunker;
  SampleChain<ChunkSamples> chain(chunks);
  Reading reading;
  while (chain.next(reading)) {
    MNEMO_RETURN_IF_ERROR(reading.run->append_to(chunker, reading.at));
  }
  chunker.finish(merged);
  return {};
}

Status unite_overlaps(std::span<const Chunk> overlapping, std::vector<Chunk>& merged) {
  std::vector<ChunkSamples> chunks;
  for (const auto& chunk : overlapping) {
    MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
    chunks.push_back(std::move(samples));
  }
  BinaryHeap<Reading, EarlierSample<ChunkSamples>> heap{EarlierSample<ChunkSamples>()};
  for (const auto& samples : chunks) {
    if (samples.size() > 0) heap.push({&samples, 0});
  }
  SampleChunker chunker;
  Reading last;
  while (!heap.empty()) {
    Reading reading = heap.pop();
    if (last.run != nullptr && last.time() == reading.time()) {
      if (!last.run->has_same(last.at, *reading.run, reading.at)) {
        return Status::invalid_argument(
            fmt::format("two samples with different values at {}", reading.time()));
      }
    } else {
      MNEMO_RETURN_IF_ERROR(reading.run->append_to(chunker, reading.at));
      last = reading;
    }
    ++reading.at;
    if (!reading.done()) heap.push(reading);
  }
  chunker.finish(merged);
  return {};
}

}  // namespace mnemo::tsdb
