// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block.hpp>

#include "base/file.hpp"
#include "chunkenc/decode.hpp"
#include "tsdb/block/samples.hpp"
#include "tsdb/block/tombstones.hpp"
#include "tsdb/chunks/segments.hpp"
#include "tsdb/index/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

using tsdb::ChunkSegments;
using tsdb::IndexReader;
using tsdb::Postings;
using tsdb::Tombstones;

constexpr uint64_t kMaxMetaSize = 64 << 20;

class OpenBlock final : public Block {
 public:
  static Result<std::shared_ptr<const Block>> open(const std::filesystem::path& directory);

  const BlockMeta& meta() const override { return meta_; }
  const std::filesystem::path& directory() const override { return directory_; }
  Result<std::unique_ptr<BlockSelection>> select(std::span<const Matcher> matchers,
                                                 TimeRange range) const override;
  Result<Chunk> read_chunk(const ChunkMeta& meta) const override;
  Status read_samples(const BlockSeries& series, TimeRange range, SampleColumn& out) const override;
  Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers) const override;
  Result<std::vector<std::string>> label_values(std::string_view name,
                                                std::span<const Matcher> matchers) const override;
  bool has_tombstones() const override { return !tombstones_.empty(); }

  const IndexReader& index() const { return index_; }
  const Tombstones& tombstones() const { return tombstones_; }

  /// "block 01G...: file"
  std::string place(std::string_view file) const {
    return fmt::format("block {}: {}", meta_.ulid.to_string(), file);
  }

 private:
  Status open_files();

  std::filesystem::path directory_;
  BlockMeta meta_;
  IndexReader index_;
  ChunkSegments chunks_;
  Tombstones tombstones_;
};

class OpenSelection final : public BlockSelection {
 public:
  OpenSelection(std::shared_ptr<const OpenBlock> block, Postings refs, TimeRange range)
      : block_(std::move(block)), refs_(std::move(refs)), range_(range) {}

  size_t size() const override { return refs_.size(); }

  Result<bool> next(BlockSeries& series) override {
    while (at_ < refs_.size()) {
      auto ref = refs_[at_++];
      series.ref = ref;
      auto* chunks = range_.empty() ? nullptr : &series.chunks;
      series.chunks.clear();
      auto status = block_->index().series(ref, series.labels, chunks, scratch_);
      if (!status.ok()) return std::move(status).with_context(block_->place("index"));
      auto deleted = block_->tombstones().of(ref);
      series.deleted.assign(deleted.begin(), deleted.end());
      if (range_.empty()) return true;
      keep_wanted_chunks(series);
      if (!series.chunks.empty()) return true;
    }
    return false;
  }

 private:
  void keep_wanted_chunks(BlockSeries& series) const {
    std::erase_if(series.chunks, [&](const ChunkMeta& chunk) {
      return !chunk.range().overlaps(range_) || tsdb::covers(series.deleted, chunk.range());
    });
    auto earlier = [](const ChunkMeta& a, const ChunkMeta& b) { return a.min_time < b.min_time; };
    if (!std::is_sorted(series.chunks.begin(), series.chunks.end(), earlier)) {
      std::stable_sort(series.chunks.begin(), series.chunks.end(), earlier);
    }
  }

  std::shared_ptr<const OpenBlock> block_;
  Postings refs_;
  TimeRange range_;
  size_t at_ = 0;
  std::vector<tsdb::SymbolPair> scratch_;
};

Result<BlockMeta> read_meta(const std::filesystem::path& directory) {
  auto path = directory / "meta.json";
  MNEMO_TRY(auto text, read_file(path, kMaxMetaSize));
  return BlockMeta::parse(text).with_context(path.string());
}

Result<std::shared_ptr<const Block>> OpenBlock::open(const std::filesystem::path& directory) {
  auto block = std::make_shared<OpenBlock>();
  block->directory_ = directory;
  MNEMO_TRY(block->meta_, read_meta(directory));
  MNEMO_RETURN_IF_ERROR(block->open_files());
  return std::shared_ptr<const Block>(std::move(block));
}

Status OpenBlock::open_files() {
  auto opened = [&](auto result, std::string_view file, auto& to) -> Status {
    if (!result.ok()) return std::move(result).status().with_context(place(file));
    to = *std::move(result);
    return {};
  };
  Bytes index;
  MNEMO_RETURN_IF_ERROR(opened(map_file(directory_ / "index"), "index", index));
  MNEMO_RETURN_IF_ERROR(opened(IndexReader::open(index), "index", index_));
  MNEMO_RETURN_IF_ERROR(opened(ChunkSegments::open(directory_ / "chunks"), "chunks", chunks_));
  auto tombstones = map_file(directory_ / "tombstones");
  if (!tombstones.ok() && tombstones.status().code() == Code::kNotFound) return {};
  if (!tombstones.ok()) return std::move(tombstones).status().with_context(place("tombstones"));
  return opened(Tombstones::parse(*tombstones), "tombstones", tombstones_);
}

Result<std::unique_ptr<BlockSelection>> OpenBlock::select(std::span<const Matcher> matchers,
                                                          TimeRange range) const {
  auto refs = tsdb::select_postings(matchers, index_);
  if (!refs.ok()) return std::move(refs).status().with_context(place("index"));
  auto self = std::static_pointer_cast<const OpenBlock>(shared_from_this());
  return std::unique_ptr<BlockSelection>(
      std::make_unique<OpenSelection>(std::move(self), *std::move(refs), range));
}

Result<Chunk> OpenBlock::read_chunk(const ChunkMeta& meta) const {
  auto record = chunks_.read(meta.ref);
  if (!record.ok()) {
    return std::move(record).status().with_context("block " + meta_.ulid.to_string());
  }
  return Chunk{meta.min_time, meta.max_time, record->encoding, std::move(record->data)};
}

Status OpenBlock::read_samples(const BlockSeries& series, TimeRange range,
                               SampleColumn& out) const {
  size_t first = out.size();
  for (const auto& meta : series.chunks) {
    if (!meta.range().overlaps(range)) continue;
    MNEMO_TRY(auto chunk, read_chunk(meta));
    if (auto status = decode_chunk(chunk, range, out); !status.ok()) {
      return std::move(status).with_context(fmt::format(
          "{}: chunk at offset {:#x}", place(tsdb::segment_name(tsdb::segment_of(meta.ref))),
          tsdb::offset_of(meta.ref)));
    }
  }
  tsdb::put_in_order(out, first);
  tsdb::remove_ranges(out, first, series.deleted);
  return {};
}

Result<std::vector<std::string>> OpenBlock::label_names(std::span<const Matcher> matchers) const {
  return index_.label_names(matchers).with_context(place("index"));
}

Result<std::vector<std::string>> OpenBlock::label_values(std::string_view name,
                                                         std::span<const Matcher> matchers) const {
  return index_.label_values(name, matchers).with_context(place("index"));
}

}  // namespace

Result<std::shared_ptr<const Block>> Block::open(const std::filesystem::path& directory) {
  return OpenBlock::open(directory);
}

}  // namespace mnemo
