// SPDX-License-Identifier: Apache-2.0
#include "query/block_queryable.hpp"

#include "model/chain.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

/// A series of one block, and the block.
struct Part {
  std::shared_ptr<const Block> block;
  BlockSeries series;
};

class PartsSource final : public SampleSource {
 public:
  explicit PartsSource(std::vector<Part> parts) : parts_(std::move(parts)) {}

  Status read(TimeRange range, SampleColumn& out) const override {
    out.clear();
    bool in_order = true;
    for (const auto& part : parts_) {
      size_t first = out.size();
      MNEMO_RETURN_IF_ERROR(read_part(part, range, out));
      in_order &= first == 0 || first == out.size() || out.times[first - 1] < out.times[first];
    }
    return in_order ? Status() : read_overlapping(range, out);
  }

  size_t memory_bytes() const override {
    size_t bytes = sizeof(*this) + parts_.capacity() * sizeof(Part);
    for (const auto& part : parts_) {
      bytes += part.series.labels.memory_bytes() - sizeof(Labels);
      bytes += part.series.chunks.capacity() * sizeof(ChunkMeta);
    }
    return bytes;
  }

 private:
  Status read_overlapping(TimeRange range, SampleColumn& out) const {
    std::vector<SampleColumn> columns(parts_.size());
    for (size_t i = 0; i < parts_.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(read_part(parts_[i], range, columns[i]));
    }
    merge_chained(columns, out);
    return {};
  }

  static Status read_part(const Part& part, TimeRange range, SampleColumn& out) {
    return part.block->read_samples(part.series, range, out);
  }

  std::vector<Part> parts_;
};

/// Merges the selections of several blocks by labels.
class MergedSelection final : public SelectedStream {
 public:
  Status add(std::shared_ptr<const Block> block, std::unique_ptr<BlockSelection> selection) {
    Cursor cursor;
    cursor.part.block = std::move(block);
    cursor.selection = std::move(selection);
    MNEMO_RETURN_IF_ERROR(advance(cursor));
    cursors_.push_back(std::move(cursor));
    return {};
  }

  Result<bool> next(SelectedSeries& out) override {
    const Labels* least = nullptr;
    for (const auto& cursor : cursors_) {
      if (cursor.done) continue;
      if (!least || cursor.part.series.labels < *least) least = &cursor.part.series.labels;
    }
    if (!least) return false;
    out.labels = *least;
    std::vector<Part> parts;
    for (auto& cursor : cursors_) {
      if (cursor.done || cursor.part.series.labels != out.labels) continue;
      parts.push_back({cursor.part.block, std::move(cursor.part.series)});
      MNEMO_RETURN_IF_ERROR(advance(cursor));
    }
    out.samples = std::make_shared<PartsSource>(std::move(parts));
    return true;
  }

  const std::vector<std::string>& warnings() const override { return warnings_; }

 private:
  struct Cursor {
    std::unique_ptr<BlockSelection> selection;
    Part part;
    bool done = false;
  };

  static Status advance(Cursor& cursor) {
    MNEMO_TRY(bool more, cursor.selection->next(cursor.part.series));
    cursor.done = !more;
    return {};
  }

  std::vector<Cursor> cursors_;
  std::vector<std::string> warnings_;
};

}  // namespace

BlockQueryable::BlockQueryable(std::vector<std::shared_ptr<const Block>> blocks)
    : blocks_(std::move(blocks)) {
  std::stable_sort(blocks_.begin(), blocks_.end(), [](const auto& a, const auto& b) {
    return a->meta().min_time < b->meta().min_time;
  });
}

Result<std::unique_ptr<SelectedStream>> BlockQueryable::select(const Context& context,
                                                               const Selection& selection) {
  std::vector<std::shared_ptr<const Block>> within;
  for (const auto& block : blocks_) {
    if (block->meta().range().overlaps(selection.range)) within.push_back(block);
  }
  auto merged = std::make_unique<MergedSelection>();
  for (const auto& block : within) {
    MNEMO_RETURN_IF_ERROR(context.check());
    MNEMO_TRY(auto selected, block->select(selection.matchers, selection.range));
    // What belongs together in several blocks is found by all labels.
    if (selection.needed_labels && within.size() == 1)
      selected->need_only(*selection.needed_labels);
    MNEMO_RETURN_IF_ERROR(merged->add(block, std::move(selected)));
  }
  return std::unique_ptr<SelectedStream>(std::move(merged));
}

}  // namespace mnemo
