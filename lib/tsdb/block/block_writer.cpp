// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block_writer.hpp>

#include "chunkenc/chunker.hpp"
#include "tsdb/block/block_writer_files.hpp"
#include "tsdb/block/directory_writer.hpp"
#include "tsdb/block/label_symbols.hpp"
#include "tsdb/block/series_table.hpp"
#include "tsdb/index/label_pairs.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

/// Checks that a chunk of the caller's is what it claims to be.
Status check_chunk(const Chunk& chunk) {
  MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
  const auto& times = samples.times();
  if (times.empty()) return Status::invalid_argument("a chunk without samples");
  if (times.front() != chunk.min_time || times.back() != chunk.max_time) {
    return Status::invalid_argument("a chunk whose times aren't those of its samples");
  }
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) != times.end()) {
    return Status::invalid_argument("a chunk whose samples are out of order");
  }
  return {};
}

}  // namespace

struct BlockWriter::State {
  BlockWriterOptions options;
  tsdb::OutputOptions output;
  tsdb::ChunkStash stash;
  tsdb::SeriesTable series;
  int64_t min_time = kMaxTime;
  int64_t max_time = kMinTime;
  uint64_t unusual_bytes = 0;  // of all series

  void cover(int64_t first, int64_t last) {
    min_time = std::min(min_time, first);
    max_time = std::max(max_time, last);
  }

  template <typename Value>
  Status append(const Labels& labels, int64_t time, const Value& value, int64_t start_time) {
    if (labels.empty()) return Status::invalid_argument("a series without labels");
    return append_to(series.find_or_add(labels), time, value, start_time);
  }

  template <typename Value>
  Status append_to(tsdb::HeldSeries& held, int64_t time, const Value& value, int64_t start_time) {
    auto before = held.unusual_bytes();
    auto status = held.append(stash, time, value, start_time);
    unusual_bytes += held.unusual_bytes() - before;
    if (!status.ok()) return std::move(status).with_context("series " + held.labels().to_string());
    cover(time, time);
    return status;
  }

  uint64_t held_bytes() const { return stash.held_bytes() + series.held_bytes() + unusual_bytes; }

  BlockMeta make_meta() const;
  struct Ordered;
  Ordered sort_series(tsdb::LabelSymbols& symbols);
  Result<Ordered> number_labels(tsdb::BlockDirectoryWriter& writer);
  Status write_series(tsdb::HeldSeries& held, std::span<const tsdb::SymbolPair> labels,
                      tsdb::BlockDirectoryWriter& writer);
  Result<BlockMeta> write();

  std::vector<tsdb::StoredChunk> stored;  // reused
};

BlockMeta BlockWriter::State::make_meta() const {
  BlockMeta meta;
  meta.ulid = options.ulid ? *options.ulid : Ulid::generate();
  meta.compaction.level = 1;
  meta.compaction.sources = {meta.ulid};
  if (min_time > max_time) return meta;
  meta.min_time = min_time;
  meta.max_time = max_time == kMaxTime ? max_time : max_time + 1;
  return meta;
}

/// The series that have samples, in the order of their labels, with these as numbers of symbols.
struct BlockWriter::State::Ordered {
  struct Entry {
    uint32_t series;
    uint32_t label_count;
    size_t first_label;
  };
  std::vector<Entry> entries;
  std::vector<tsdb::SymbolPair> labels;

  std::span<const tsdb::SymbolPair> labels_of(const Entry& entry) const {
    return std::span(labels).subspan(entry.first_label, entry.label_count);
  }
};

/// Sorts by the numbers, which takes a fraction of what the labels' texts would.
BlockWriter::State::Ordered BlockWriter::State::sort_series(tsdb::LabelSymbols& symbols) {
  Ordered ordered;
  std::vector<tsdb::SymbolPair> pairs;
  for (uint32_t i = 0; i < series.size(); ++i) {
    if (!series[i].has_samples()) continue;
    symbols.numbers_of(series[i].labels(), pairs);
    ordered.entries.push_back({i, static_cast<uint32_t>(pairs.size()), ordered.labels.size()});
    ordered.labels.insert(ordered.labels.end(), pairs.begin(), pairs.end());
  }
  std::sort(ordered.entries.begin(), ordered.entries.end(), [&](const auto& a, const auto& b) {
    return tsdb::precedes(ordered.labels_of(a), ordered.labels_of(b));
  });
  return ordered;
}

Status BlockWriter::State::write_series(tsdb::HeldSeries& held,
                                        std::span<const tsdb::SymbolPair> labels,
                                        tsdb::BlockDirectoryWriter& writer) {
  if (held.is_plain()) {
    held.take_stored(stash, stored);
    return stored.empty() ? Status() : writer.copy_series(labels, stored);
  }
  std::vector<Chunk> chunks;
  MNEMO_RETURN_IF_ERROR(held.take_chunks(stash, chunks));
  return chunks.empty() ? Status() : writer.add_series(labels, chunks);
}

/// Writes all symbols and sorts the series.
Result<BlockWriter::State::Ordered> BlockWriter::State::number_labels(
    tsdb::BlockDirectoryWriter& writer) {
  tsdb::LabelSymbols symbols;
  for (uint32_t i = 0; i < series.size(); ++i) {
    if (series[i].has_samples()) symbols.collect(series[i].labels());
  }
  for (auto symbol : symbols.sort()) MNEMO_RETURN_IF_ERROR(writer.add_symbol(symbol));
  return sort_series(symbols);
}

Result<BlockMeta> BlockWriter::State::write() {
  MNEMO_TRY(auto writer, tsdb::BlockDirectoryWriter::create(options.folder, make_meta(), output));
  MNEMO_TRY(auto ordered, number_labels(writer));
  for (const auto& entry : ordered.entries) {
    auto& held = series[entry.series];
    auto status = write_series(held, ordered.labels_of(entry), writer);
    if (!status.ok()) return std::move(status).with_context("series " + held.labels().to_string());
  }
  return writer.finish();
}

BlockWriter::BlockWriter(BlockWriterOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}
BlockWriter::BlockWriter(BlockWriter&&) noexcept = default;
BlockWriter& BlockWriter::operator=(BlockWriter&&) noexcept = default;
BlockWriter::~BlockWriter() = default;

void BlockWriterFiles::replace(BlockWriter& writer, std::shared_ptr<OutputFiles> files) {
  writer.state_->output.files = std::move(files);
}

Status BlockWriter::append(const Labels& series, int64_t time, double value, int64_t start_time) {
  return state_->append(series, time, value, start_time);
}

Status BlockWriter::append(const Labels& series, int64_t time, const Histogram& histogram,
                           int64_t start_time) {
  return state_->append(series, time, histogram, start_time);
}

Status BlockWriter::append(const Labels& series, int64_t time, const FloatHistogram& histogram,
                           int64_t start_time) {
  return state_->append(series, time, histogram, start_time);
}

Result<BlockWriter::SeriesNumber> BlockWriter::number_of(const Labels& series) {
  if (series.empty()) return Status::invalid_argument("a series without labels");
  return SeriesNumber{state_->series.number_of(series)};
}

Status BlockWriter::append(SeriesNumber series, int64_t time, double value, int64_t start_time) {
  auto& held = state_->series.expect_next(static_cast<uint32_t>(series));
  return state_->append_to(held, time, value, start_time);
}

Status BlockWriter::append(const Labels& series, Chunk chunk) {
  if (series.empty()) return Status::invalid_argument("a series without labels");
  auto status = check_chunk(chunk);
  if (!status.ok()) return std::move(status).with_context("series " + series.to_string());
  state_->cover(chunk.min_time, chunk.max_time);
  auto& held = state_->series.find_or_add(series);
  auto before = held.unusual_bytes();
  held.append(std::move(chunk));
  state_->unusual_bytes += held.unusual_bytes() - before;
  return {};
}

Result<BlockMeta> BlockWriter::finish() {
  auto finished = state_->write();
  auto options = std::move(state_->options);
  state_ = std::make_unique<State>();
  state_->options = std::move(options);
  return finished;
}

uint64_t BlockWriter::held_bytes() const { return state_->held_bytes(); }

}  // namespace mnemo
