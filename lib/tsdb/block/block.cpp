// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block.hpp>

#include "chunkenc/decode.hpp"
#include "tsdb/block/block_files.hpp"
#include "tsdb/block/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

using tsdb::BlockFiles;
using tsdb::IndexReader;
using tsdb::Postings;
using tsdb::Tombstones;

class OpenBlock final : public Block {
 public:
  static Result<std::shared_ptr<const Block>> open(const std::filesystem::path& directory);

  const BlockMeta& meta() const override { return files_.meta; }
  const std::filesystem::path& directory() const override { return files_.directory; }
  Result<std::unique_ptr<BlockSelection>> select(std::span<const Matcher> matchers,
                                                 TimeRange range) const override;
  Result<Chunk> read_chunk(const ChunkMeta& meta) const override;
  Status read_samples(const BlockSeries& series, TimeRange range, SampleColumn& out) const override;
  Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers) const override;
  Result<std::vector<std::string>> label_values(std::string_view name,
                                                std::span<const Matcher> matchers) const override;
  bool has_tombstones() const override { return !files_.tombstones.empty(); }

  const IndexReader& index() const { return files_.index; }
  const Tombstones& tombstones() const { return files_.tombstones; }

  std::string place(std::string_view file) const { return files_.place(file); }

 private:
  BlockFiles files_;
};

class OpenSelection final : public BlockSelection {
 public:
  OpenSelection(std::shared_ptr<const OpenBlock> block, Postings refs, TimeRange range)
      : block_(std::move(block)),
        refs_(std::move(refs)),
        range_(range),
        resolver_(block_->index().symbols()) {}

  size_t size() const override { return refs_.size(); }
  void need_only(std::vector<std::string> names) override { resolver_.need_only(std::move(names)); }

  Result<bool> next(BlockSeries& series) override {
    while (at_ < refs_.size()) {
      auto ref = refs_[at_++];
      series.ref = ref;
      series.chunks.clear();
      auto* chunks = range_.empty() ? nullptr : &series.chunks;
      const auto& index = block_->index();
      auto status = index.series_symbols(ref, scratch_, chunks, range_);
      auto deleted = block_->tombstones().of(ref);
      series.deleted.assign(deleted.begin(), deleted.end());
      if (chunks != nullptr && status.ok()) {
        put_in_order(series);
        if (series.chunks.empty()) continue;
      }
      if (status.ok()) status = resolver_.resolve(scratch_, index.offset_of(ref), series.labels);
      if (!status.ok()) return std::move(status).with_context(block_->place("index"));
      return true;
    }
    return false;
  }

 private:
  /// Leaves chunks out that are deleted entirely.
  static void put_in_order(BlockSeries& series) {
    if (!series.deleted.empty()) {
      std::erase_if(series.chunks, [&](const ChunkMeta& chunk) {
        return tsdb::covers(series.deleted, chunk.range());
      });
    }
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
  tsdb::LabelResolver resolver_;
};

Result<std::shared_ptr<const Block>> OpenBlock::open(const std::filesystem::path& directory) {
  auto block = std::make_shared<OpenBlock>();
  MNEMO_TRY(block->files_, BlockFiles::open(directory));
  return std::shared_ptr<const Block>(std::move(block));
}

Result<std::unique_ptr<BlockSelection>> OpenBlock::select(std::span<const Matcher> matchers,
                                                          TimeRange range) const {
  auto refs = tsdb::select_postings(matchers, files_.index);
  if (!refs.ok()) return std::move(refs).status().with_context(place("index"));
  auto self = std::static_pointer_cast<const OpenBlock>(shared_from_this());
  return std::unique_ptr<BlockSelection>(
      std::make_unique<OpenSelection>(std::move(self), *std::move(refs), range));
}

Result<Chunk> OpenBlock::read_chunk(const ChunkMeta& meta) const { return files_.read_chunk(meta); }

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
  return files_.index.label_names(matchers).with_context(place("index"));
}

Result<std::vector<std::string>> OpenBlock::label_values(std::string_view name,
                                                         std::span<const Matcher> matchers) const {
  return files_.index.label_values(name, matchers).with_context(place("index"));
}

}  // namespace

Result<std::shared_ptr<const Block>> Block::open(const std::filesystem::path& directory) {
  return OpenBlock::open(directory);
}

}  // namespace mnemo
