// SPDX-License-Identifier: Apache-2.0
#include "tsdb/merge/input.hpp"

#include "tsdb/merge/recode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mnemo::tsdb {

Status MergeInput::start(SymbolMap symbols, TimeRange range) {
  symbols_ = std::move(symbols);
  range_ = range;
  MNEMO_TRY(refs_, files_.index.postings({}, {}).with_context(files_.place("index")));
  at_ = 0;
  return valid() ? decode() : Status();
}

Status MergeInput::next() {
  ++at_;
  return valid() ? decode() : Status();
}

Status MergeInput::decode() {
  auto place = [&] { return files_.place("index"); };
  auto status = files_.index.series_symbols(refs_[at_], labels_, &metas_);
  if (!status.ok()) return std::move(status).with_context(place());
  for (auto& label : labels_) {
    if (std::max(label.name, label.value) >= symbols_.size()) {
      return Status::data_loss(located("series entry", files_.index.offset_of(refs_[at_]),
                                       "a symbol that isn't in the table"))
          .with_context(place());
    }
    label = {symbols_[label.name], symbols_[label.value]};
  }
  return {};
}

Labels MergeInput::resolved_labels() const {
  Labels labels;
  std::vector<SymbolPair> scratch;
  if (!files_.index.series(refs_[at_], labels, nullptr, scratch).ok()) return {};
  return labels;
}

/// What isn't wanted of the series: tombstones, and what lies outside of the range.
std::vector<TimeRange> MergeInput::deleted_ranges() const {
  auto deleted = files_.tombstones.of(refs_[at_]);
  std::vector<TimeRange> ranges(deleted.begin(), deleted.end());
  if (range_.min > kMinTime) ranges.push_back({kMinTime, range_.min - 1});
  if (range_.max < kMaxTime) ranges.push_back({range_.max + 1, kMaxTime});
  normalize(ranges);
  return ranges;
}

bool MergeInput::is_whole() const {
  if (!files_.tombstones.empty() && !files_.tombstones.of(refs_[at_]).empty()) return false;
  return std::all_of(metas_.begin(), metas_.end(), [&](const ChunkMeta& meta) {
    return range_.min <= meta.min_time && meta.max_time <= range_.max;
  });
}

Status MergeInput::view_chunks(std::vector<StoredChunk>& chunks) const {
  for (const auto& meta : metas_) {
    MNEMO_TRY(auto chunk, files_.view_chunk(meta));
    chunks.push_back(chunk);
  }
  return {};
}

Status MergeInput::read_chunks(std::vector<Chunk>& chunks) const {
  chunks.clear();
  auto deleted = deleted_ranges();
  for (const auto& meta : metas_) {
    if (covers(deleted, meta.range())) continue;
    MNEMO_TRY(auto chunk, files_.read_chunk(meta));
    auto touches = [&](const TimeRange& range) { return range.overlaps(meta.range()); };
    if (std::any_of(deleted.begin(), deleted.end(), touches)) {
      auto place =
          fmt::format("{}: chunk at offset {:#x}", files_.place(segment_name(segment_of(meta.ref))),
                      offset_of(meta.ref));
      MNEMO_RETURN_IF_ERROR(append_without(chunk, deleted, chunks).with_context(place));
    } else {
      chunks.push_back(std::move(chunk));
    }
  }
  return {};
}

}  // namespace mnemo::tsdb
