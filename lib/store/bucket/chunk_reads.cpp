// SPDX-License-Identifier: Apache-2.0
#include "blocks/layout.hpp"
#include "store/aggregates.hpp"
#include "store/bucket/bucket_block.hpp"
#include "tsdb/chunks/record.hpp"
#include "tsdb/chunks/segments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace mnemo {
namespace {

constexpr uint64_t kMaxRecordSize = 256U << 20;

bool is_known(ChunkEncoding encoding) {
  return encoding == ChunkEncoding::kAggregate ||
         (encoding >= ChunkEncoding::kXor && encoding <= ChunkEncoding::kFloatHistogramSt);
}

/// How much to read of each chunk: up to the next one that is wanted, or what a chunk takes at most
/// as a rule.
std::vector<ByteRange> record_ranges(std::span<const WantedChunk> wanted, uint64_t usual_size) {
  std::vector<ByteRange> ranges;
  ranges.reserve(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    uint64_t offset = tsdb::offset_of(wanted[i].meta.ref);
    uint64_t size = usual_size + tsdb::kMaxRecordOverhead;
    if (i + 1 < wanted.size() && wanted[i + 1].meta.ref > wanted[i].meta.ref) {
      size = std::min(size, wanted[i + 1].meta.ref - wanted[i].meta.ref);
    }
    ranges.push_back({offset, size});
  }
  return ranges;
}

/// Copies the bytes of the chunks into a buffer of their own, so that they don't keep alive what
/// was read around them.
void gather(std::span<Chunk> chunks, uint64_t bytes) {
  auto buffer = std::make_shared_for_overwrite<uint8_t[]>(bytes);
  size_t at = 0;
  for (auto& chunk : chunks) {
    auto copy = std::span(buffer.get() + at, chunk.data.size());
    std::copy(chunk.data.span().begin(), chunk.data.span().end(), copy.begin());
    chunk.data = Bytes(copy, buffer);
    at += copy.size();
  }
}

}  // namespace

Status BucketBlock::read_segment(const Context& context, std::span<const WantedChunk> wanted,
                                 std::span<const Aggregate> aggregates, QueryStats& stats) const {
  auto object =
      block_object(meta_->ulid, tsdb::segment_name(tsdb::segment_of(wanted.front().meta.ref)));
  auto ranges = record_ranges(wanted, chunk_size_);
  auto read_chunk = [&](Bytes piece, const ChunkMeta& meta) -> Result<Chunk> {
    uint64_t offset = tsdb::offset_of(meta.ref);
    uint64_t size = tsdb::chunk_record_size(piece).value_or(0);
    bool cut_short = size > piece.size() && size <= kMaxRecordSize;
    if (cut_short) {
      if (stats.metrics) stats.metrics->chunk_refetches.increment();
      ByteRange whole{offset, size};
      MNEMO_TRY(auto again,
                surroundings_->reader.read(context, object, {&whole, 1}, stats.chunks.reads));
      piece = std::move(again[0]);
    }
    MNEMO_TRY(auto record, tsdb::parse_chunk_record(piece, offset).with_context(object));
    if (!is_known(record.encoding)) {
      return Status::data_loss(
          fmt::format("{}: chunk at offset {:#x}: unsupported chunk encoding {}", object, offset,
                      static_cast<int>(record.encoding)));
    }
    return Chunk{meta.min_time, meta.max_time, record.encoding, std::move(record.data)};
  };
  auto place = [&](const RangePart& part, const Bytes& bytes) -> Status {
    std::vector<Chunk> chunks;
    chunks.reserve(part.last - part.first);
    uint64_t used = 0;
    for (size_t i = part.first; i < part.last; ++i) {
      MNEMO_TRY(auto chunk, read_chunk(piece_of(part, bytes, ranges[i]), wanted[i].meta));
      used += chunk.data.size();
      chunks.push_back(std::move(chunk));
    }
    stats.chunks.touched_bytes += used;
    // Where most of what was read is wanted, chunks stay where they are.
    if (used < bytes.size() / 2) gather(chunks, used);
    for (size_t i = part.first; i < part.last; ++i) {
      auto placed = place_chunk(std::move(chunks[i - part.first]), aggregates, *wanted[i].out);
      if (!placed.ok()) {
        return std::move(placed).with_context(
            fmt::format("{}: chunk at offset {:#x}", object, tsdb::offset_of(wanted[i].meta.ref)));
      }
    }
    return {};
  };
  return surroundings_->reader.read_parts(context, object, ranges, stats.chunks.reads, place);
}

}  // namespace mnemo
