// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_block.hpp"

#include "blocks/layout.hpp"
#include "tsdb/chunks/record.hpp"
#include "tsdb/index/series.hpp"

#include <algorithm>

namespace mnemo {
namespace {

constexpr uint64_t kGuessedEntrySize = 16U << 10;
constexpr uint64_t kGuessedChunkSize = 16000;
constexpr uint64_t kMaxEntrySize = 64U << 20;

/// The size of the index as meta.json has it; 0 where it hasn't.
uint64_t known_index_size(const BlockMeta& meta) {
  if (!meta.thanos) return 0;
  for (const auto& file : meta.thanos->files) {
    if (file.rel_path == kIndexFile && file.size_bytes > 0) {
      return static_cast<uint64_t>(file.size_bytes);
    }
  }
  return 0;
}

uint64_t guess(int64_t known, uint64_t otherwise) {
  if (known <= 0) return otherwise;
  return std::min(static_cast<uint64_t>(known), kMaxEntrySize);
}

}  // namespace

Labels external_labels(const BlockMeta& meta) {
  return meta.thanos ? meta.thanos->labels : Labels();
}

int64_t resolution(const BlockMeta& meta) { return meta.thanos ? meta.thanos->resolution : 0; }

Result<std::shared_ptr<const BucketBlock>> BucketBlock::load(const Context& context,
                                                             std::shared_ptr<const BlockMeta> meta,
                                                             const RangeReader& reader) {
  std::shared_ptr<BucketBlock> block(new BucketBlock(std::move(meta), reader));
  const auto& loaded = block->meta();
  auto object = block_object(loaded.ulid, kIndexFile);
  MNEMO_TRY(block->header_, IndexHeader::load(context, reader, object, known_index_size(loaded)));
  auto thanos = loaded.thanos.value_or(ThanosMeta());
  block->entry_size_ = guess(thanos.index_max_series_size, kGuessedEntrySize);
  block->chunk_size_ = guess(thanos.index_max_chunk_size, kGuessedChunkSize);
  return std::shared_ptr<const BucketBlock>(std::move(block));
}

Result<tsdb::Postings> BucketBlock::select(const Context& context,
                                           std::span<const Matcher> matchers,
                                           QueryStats& stats) const {
  BucketPostings source(context, header_, reader_, stats.postings_reads);
  MNEMO_TRY(auto postings, tsdb::select_postings(matchers, source));
  stats.postings += postings.size();
  return postings;
}

Status BucketBlock::read_entries(const Context& context, std::span<const tsdb::SeriesRef> refs,
                                 QueryStats& stats, const EntryVisitor& visit) const {
  std::vector<ByteRange> ranges;
  ranges.reserve(refs.size());
  uint64_t end = header_.end_of(header_.toc.series);
  for (auto ref : refs) {
    uint64_t offset = ref * tsdb::kSeriesAlignment;
    if (offset < header_.toc.series || offset >= end) {
      return Status::data_loss(header_.object + ": " +
                               tsdb::located("series entry", offset, "lies outside its section"));
    }
    ranges.push_back({offset, std::min(entry_size_, end - offset)});
  }
  MNEMO_TRY(auto pieces, reader_.read(context, header_.object, ranges, stats.series_reads));
  stats.series += refs.size();
  for (size_t i = 0; i < ranges.size(); ++i) {
    uint64_t offset = ranges[i].offset;
    uint64_t size = tsdb::series_entry_size(pieces[i]).value_or(0);
    if (size > pieces[i].size() && size <= end - offset && size <= kMaxEntrySize) {
      ByteRange whole{offset, size};
      MNEMO_TRY(auto again, reader_.read(context, header_.object, {&whole, 1}, stats.series_reads));
      pieces[i] = std::move(again[0]);
    }
    MNEMO_TRY(auto content,
              tsdb::series_entry_content(pieces[i], offset).with_context(header_.object));
    MNEMO_RETURN_IF_ERROR(visit(content, offset));
  }
  return {};
}

uint64_t BucketBlock::estimate_bytes(std::span<const ChunkMeta> chunks) const {
  uint64_t bytes = 0;
  for (size_t i = 0; i < chunks.size(); ++i) {
    uint64_t size = chunk_size_;
    if (i + 1 < chunks.size() && chunks[i + 1].ref > chunks[i].ref) {
      size = std::min(size, chunks[i + 1].ref - chunks[i].ref);
    }
    bytes += size;
  }
  return bytes;
}

Status BucketBlock::read_chunks(const Context& context, std::vector<WantedChunk> wanted,
                                std::span<const Aggregate> aggregates, QueryStats& stats) const {
  std::sort(wanted.begin(), wanted.end(),
            [](const WantedChunk& a, const WantedChunk& b) { return a.meta.ref < b.meta.ref; });
  stats.chunks += wanted.size();
  auto segment = [&](size_t i) { return tsdb::segment_of(wanted[i].meta.ref); };
  for (size_t first = 0, last = 0; first < wanted.size(); first = last) {
    while (last < wanted.size() && segment(last) == segment(first)) ++last;
    MNEMO_RETURN_IF_ERROR(
        read_segment(context, std::span(wanted).subspan(first, last - first), aggregates, stats));
  }
  return {};
}

}  // namespace mnemo
