// SPDX-License-Identifier: Apache-2.0
#include "tsdb/verify/series_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr std::string_view kIndex = "index";
constexpr std::string_view kEntry = "series entry";
/// An entry has at least a count of labels and one of chunks.
constexpr size_t kLeastEntry = 2;
/// Where entries are searched for, longer ones aren't believed in.
constexpr uint64_t kMostSearched = 16 << 20;

/// Where the series section ends: at the next one.
uint64_t section_end(const IndexReader& index) {
  const auto& toc = index.toc();
  uint64_t end = index.file().size() - kTocSize;
  for (uint64_t start : {toc.symbols, toc.label_indices, toc.label_offset_table, toc.postings,
                         toc.postings_offset_table}) {
    if (start > toc.series) end = std::min(end, start);
  }
  return end;
}

bool sorts_before(std::span<const SymbolPair> a, std::span<const SymbolPair> b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(), [](const SymbolPair& x, const SymbolPair& y) {
        return std::tie(x.name, x.value) < std::tie(y.name, y.value);
      });
}

bool is_padding(std::span<const uint8_t> rest) {
  return rest.size() < kSeriesAlignment &&
         std::all_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte == 0; });
}

/// The message less the file's name before it.
std::string without_file(const Status& status, std::string_view file) {
  std::string_view message = status.message();
  if (message.starts_with(file)) message.remove_prefix(file.size() + 2);
  return std::string(message);
}

}  // namespace

CheckedSeries SeriesCheck::run(const std::function<void(uint64_t)>& progress) {
  uint64_t alignment = index_.version() == IndexVersion::kV1 ? 1 : kSeriesAlignment;
  auto aligned = [&](uint64_t offset) { return (offset + alignment - 1) / alignment * alignment; };
  uint64_t start = aligned(index_.toc().series);
  uint64_t end = section_end(index_);
  bool is_lost = false;
  for (uint64_t offset = start; offset < end;) {
    auto rest = index_.file().span().subspan(offset, end - offset);
    if (is_padding(rest)) break;
    auto size = series_entry_size(rest);
    bool is_believed = !is_lost || (size && *size <= kMostSearched);
    auto content = is_believed ? series_entry_content(rest, offset)
                               : Result<std::span<const uint8_t>>(Status::data_loss(""));
    if (content.ok() && content->size() < kLeastEntry) {
      content = Status::data_loss(located(kEntry, offset, "too short"));
    }
    if (content.ok()) {
      check_entry(offset, *content);
      offset = aligned(offset + *size);
    } else {
      if (!is_lost) faults_.add(kIndex, offset, content.status().message());
      offset += alignment;
    }
    is_lost = !content.ok();
    progress(offset - start + chunk_bytes_);
  }
  return std::move(result_);
}

void SeriesCheck::check_entry(uint64_t offset, std::span<const uint8_t> content) {
  uint64_t ref = index_.version() == IndexVersion::kV1 ? offset : offset / kSeriesAlignment;
  result_.refs.push_back(static_cast<SeriesRef>(ref));
  result_.label_count.push_back(CheckedSeries::kUnknown);
  offset_ = offset;
  auto status = decode_series_entry(content, offset, labels_, &chunks_);
  // References are resolved only where there are symbols.
  if (status.ok() && has_symbols_)
    status = index_.series_symbols(result_.refs.back(), labels_, &chunks_);
  if (!status.ok()) return faults_.add(kIndex, offset, status.message());
  if (!has_symbols_) {
    labels_.clear();
  } else if (check_labels(offset)) {
    result_.label_count.back() = static_cast<uint32_t>(labels_.size());
  }
  check_chunks();
}

/// Whether all labels are known.
bool SeriesCheck::check_labels(uint64_t offset) {
  auto tell = [&](std::string_view reason) {
    faults_.add(kIndex, offset, located(kEntry, offset, reason), series_text());
  };
  uint32_t count = static_cast<uint32_t>(index_.symbols().size());
  for (const auto& label : labels_) {
    if (std::max(label.name, label.value) < count) continue;
    tell("a symbol that isn't in the table");
    labels_.clear();
    return false;
  }
  if (labels_.empty()) tell("has no labels");
  auto unordered =
      std::adjacent_find(labels_.begin(), labels_.end(),
                         [](const SymbolPair& a, const SymbolPair& b) { return a.name >= b.name; });
  if (unordered != labels_.end()) tell("labels out of order");
  if (!last_labels_.empty() && !sorts_before(last_labels_, labels_)) {
    tell("doesn't sort after the series before it");
  }
  // Only the first symbol can be empty: they are sorted, or that was told.
  bool uses_first = std::any_of(labels_.begin(), labels_.end(), [](const SymbolPair& label) {
    return label.name == 0 || label.value == 0;
  });
  if (uses_first && index_.symbols().begin().symbol().empty()) tell("an empty label name or value");
  last_labels_ = labels_;
  return true;
}

void SeriesCheck::check_chunks() {
  auto tell = [&](const std::string& reason) {
    faults_.add(kIndex, offset_, located(kEntry, offset_, reason), series_text());
  };
  if (chunks_.empty()) tell("has no chunks");
  for (size_t i = 0; i < chunks_.size(); ++i) {
    const auto& chunk = chunks_[i];
    if (i > 0 && chunk.min_time <= chunks_[i - 1].max_time) {
      tell(fmt::format("chunk {} begins at {}, the one before ends at {}", i, chunk.min_time,
                       chunks_[i - 1].max_time));
    }
    if (last_chunk_ref_ && chunk.ref <= *last_chunk_ref_) {
      tell(fmt::format("chunk {} doesn't lie behind the one before it", i));
    }
    last_chunk_ref_ = chunk.ref;
    if (meta_ != nullptr &&
        (chunk.min_time < meta_->min_time || chunk.max_time >= meta_->max_time)) {
      tell(fmt::format("chunk {} from {} to {} reaches out of the block's range", i, chunk.min_time,
                       chunk.max_time));
    }
    ++result_.chunks;
    if (check_place(chunk)) check_content(chunk);
  }
}

/// Whether the chunk's segment is there; tells once for each that is missing.
bool SeriesCheck::check_place(const ChunkMeta& chunk) {
  uint32_t segment = segment_of(chunk.ref);
  if (!segments_.readable || segments_.told.contains(segment)) return false;
  if (segments_.segments.segments().contains(segment)) return true;
  segments_.told.insert(segment);
  faults_.add(segment_name(segment), std::nullopt, "the segment is missing", series_text());
  return false;
}

void SeriesCheck::check_content(const ChunkMeta& meta) {
  auto file = segment_name(segment_of(meta.ref));
  uint64_t offset = offset_of(meta.ref);
  auto record = segments_.segments.read(meta.ref);
  if (!record.ok()) {
    return faults_.add(file, offset, without_file(record.status(), file), series_text());
  }
  chunk_bytes_ += record->data.size();
  auto tell = [&](const std::string& reason) {
    faults_.add(file, offset, located("chunk", offset, reason), series_text());
  };
  bool is_aggregate = record->encoding == ChunkEncoding::kAggregate;
  if (meta_ != nullptr && meta_->thanos && is_aggregate != (meta_->thanos->resolution != 0)) {
    tell(is_aggregate ? "aggregates in a raw block" : "raw samples in a downsampled block");
  }
  Chunk chunk{meta.min_time, meta.max_time, record->encoding, std::move(record->data)};
  auto counts = check_chunk(chunk, scratch_, tell);
  result_.samples.all += counts.all;
  result_.samples.floats += counts.floats;
  result_.samples.histograms += counts.histograms;
}

/// The labels of the series looked at, as far as they are known.
std::string SeriesCheck::series_text() const {
  LabelsBuilder builder;
  for (const auto& label : labels_) {
    auto name = index_.symbols().lookup(label.name);
    auto value = index_.symbols().lookup(label.value);
    if (name.ok() && value.ok()) builder.set(*name, *value);
  }
  auto known = builder.build();
  return known.empty() ? std::string() : known.to_string();
}

}  // namespace mnemo::tsdb
