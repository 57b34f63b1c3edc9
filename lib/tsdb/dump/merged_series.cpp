// SPDX-License-Identifier: Apache-2.0
#include "tsdb/dump/merged_series.hpp"

#include "tsdb/chunks/segments.hpp"

#include <fmt/format.h>

#include <utility>

namespace mnemo::tsdb {

std::string describe_chunk(const Block& block, const ChunkMeta& meta) {
  return fmt::format("block {}: {}: chunk at offset {:#x}", block.meta().ulid.to_string(),
                     segment_name(segment_of(meta.ref)), offset_of(meta.ref));
}

Result<MergedSeries> MergedSeries::open(const Blocks& blocks, const DumpOptions& options) {
  MergedSeries merged;
  auto selectors = options.selectors;
  if (selectors.empty()) selectors.emplace_back();
  for (const auto& block : blocks) {
    if (!block->meta().range().overlaps(options.range)) continue;
    for (const auto& matchers : selectors) {
      Cursor cursor;
      cursor.current.block = block.get();
      MNEMO_TRY(cursor.selection, block->select(matchers, options.range));
      merged.size_ += cursor.selection->size();
      MNEMO_RETURN_IF_ERROR(advance(cursor));
      merged.cursors_.push_back(std::move(cursor));
    }
  }
  return merged;
}

Status MergedSeries::advance(Cursor& cursor) {
  MNEMO_TRY(bool more, cursor.selection->next(cursor.current.series));
  cursor.done = !more;
  return {};
}

Result<bool> MergedSeries::next(std::vector<SeriesOfBlock>& group) {
  group.clear();
  const Cursor* first = nullptr;
  for (const auto& cursor : cursors_) {
    if (cursor.done) continue;
    if (first == nullptr || cursor.current.series.labels < first->current.series.labels) {
      first = &cursor;
    }
  }
  if (first == nullptr) return false;
  Labels labels = first->current.series.labels;
  for (auto& cursor : cursors_) {
    if (cursor.done || cursor.current.series.labels != labels) continue;
    // Several selectors may have found the same series of a block.
    if (group.empty() || group.back().block != cursor.current.block) {
      group.push_back(cursor.current);
    }
    MNEMO_RETURN_IF_ERROR(advance(cursor));
    ++passed_;
  }
  return true;
}

}  // namespace mnemo::tsdb
