// SPDX-License-Identifier: Apache-2.0
#include "blocks/layout.hpp"
#include "store/aggregates.hpp"
#include "store/bucket/bucket_block.hpp"
#include "tsdb/chunks/record.hpp"
#include "tsdb/chunks/segments.hpp"

#include <fmt/format.h>

#include <algorithm>
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

}  // namespace

Status BucketBlock::read_segment(const Context& context, std::span<const WantedChunk> wanted,
                                 std::span<const Aggregate> aggregates, QueryStats& stats) const {
  auto object =
      block_object(meta_->ulid, tsdb::segment_name(tsdb::segment_of(wanted.front().meta.ref)));
  auto ranges = record_ranges(wanted, chunk_size_);
  auto& reads = stats.chunks.reads;
  auto place = [&](size_t i, const Bytes& bytes) -> Status {
    auto piece = bytes;
    uint64_t offset = ranges[i].offset;
    uint64_t size = tsdb::chunk_record_size(piece).value_or(0);
    bool cut_short = size > piece.size() && size <= kMaxRecordSize;
    if (cut_short) {
      if (stats.metrics) stats.metrics->chunk_refetches.increment();
      ByteRange whole{offset, size};
      MNEMO_TRY(auto again, surroundings_->reader.read(context, object, {&whole, 1}, reads));
      piece = std::move(again[0]);
    }
    MNEMO_TRY(auto record, tsdb::parse_chunk_record(piece, offset).with_context(object));
    if (!is_known(record.encoding)) {
      return Status::data_loss(
          fmt::format("{}: chunk at offset {:#x}: unsupported chunk encoding {}", object, offset,
                      static_cast<int>(record.encoding)));
    }
    stats.chunks.touched_bytes += record.data.size();
    // A copy, so that an answer doesn't keep alive what was read around its chunks.
    Chunk chunk{wanted[i].meta.min_time, wanted[i].meta.max_time, record.encoding,
                Bytes::copy_of(record.data.as_string())};
    auto placed = place_chunk(chunk, aggregates, *wanted[i].out);
    if (placed.ok()) return {};
    return std::move(placed).with_context(fmt::format("{}: chunk at offset {:#x}", object, offset));
  };
  return surroundings_->reader.read_each(context, object, ranges, reads, place);
}

}  // namespace mnemo
