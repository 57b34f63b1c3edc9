// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_block.hpp"

#include "blocks/layout.hpp"
#include "tsdb/chunks/record.hpp"

#include <algorithm>

namespace mnemo {
namespace {

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

/// The largest of its kind in the block, where that is known and less than usual.
uint64_t at_most(int64_t known, uint64_t usual) {
  return known > 0 ? std::min(static_cast<uint64_t>(known), usual) : usual;
}

}  // namespace

Labels external_labels(const BlockMeta& meta) {
  return meta.thanos ? meta.thanos->labels : Labels();
}

int64_t resolution(const BlockMeta& meta) { return meta.thanos ? meta.thanos->resolution : 0; }

BucketBlock::BucketBlock(std::shared_ptr<const BlockMeta> meta,
                         std::shared_ptr<const BlockSurroundings> surroundings)
    : meta_(std::move(meta)), surroundings_(std::move(surroundings)) {
  const auto& around = *surroundings_;
  auto name = meta_->ulid.to_string();
  std::filesystem::path path;
  if (!around.headers.data_dir.empty()) path = around.headers.data_dir / name / kIndexHeaderFile;
  header_ = std::make_unique<LazyIndexHeader>(
      around.reader.bucket(), block_object(meta_->ulid, kIndexFile), known_index_size(*meta_),
      std::move(path), around.header_metrics);
  auto thanos = meta_->thanos.value_or(ThanosMeta());
  entry_size_ = at_most(thanos.index_max_series_size, around.usual_entry_size);
  chunk_size_ = at_most(thanos.index_max_chunk_size, around.usual_chunk_size);
}

Result<std::shared_ptr<const BucketBlock>> BucketBlock::load(
    const Context& context, std::shared_ptr<const BlockMeta> meta,
    std::shared_ptr<const BlockSurroundings> surroundings) {
  std::shared_ptr<BucketBlock> block(new BucketBlock(std::move(meta), std::move(surroundings)));
  MNEMO_RETURN_IF_ERROR(block->header_->prepare(context, block->surroundings_->headers));
  return std::shared_ptr<const BucketBlock>(std::move(block));
}

uint64_t BucketBlock::estimate_bytes(std::span<const ChunkMeta> chunks) const {
  if (chunks.empty()) return 0;
  uint64_t bytes = 0;
  uint64_t largest = 0;
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    uint64_t distance = chunks[i + 1].ref > chunks[i].ref ? chunks[i + 1].ref - chunks[i].ref : 0;
    uint64_t size = distance > 0 ? std::min(chunk_size_, distance) : chunk_size_;
    bytes += size;
    largest = std::max(largest, size);
  }
  // Nothing tells where the last one ends, but they are of one kind.
  return bytes + (largest > 0 ? largest : chunk_size_);
}

Status BucketBlock::read_chunks(const Context& context, std::vector<WantedChunk> wanted,
                                std::span<const Aggregate> aggregates, QueryStats& stats) const {
  auto before = [](const WantedChunk& a, const WantedChunk& b) { return a.meta.ref < b.meta.ref; };
  if (!std::is_sorted(wanted.begin(), wanted.end(), before)) {
    std::sort(wanted.begin(), wanted.end(), before);
  }
  stats.chunks.touched += wanted.size();
  stats.chunks.fetched += wanted.size();
  auto segment = [&](size_t i) { return tsdb::segment_of(wanted[i].meta.ref); };
  for (size_t first = 0, last = 0; first < wanted.size(); first = last) {
    while (last < wanted.size() && segment(last) == segment(first)) ++last;
    MNEMO_RETURN_IF_ERROR(
        read_segment(context, std::span(wanted).subspan(first, last - first), aggregates, stats));
  }
  return {};
}

}  // namespace mnemo
