// SPDX-License-Identifier: Apache-2.0
#include "tsdb/analyze/analyze.hpp"

#include "base/file.hpp"
#include "chunkenc/chunker.hpp"
#include "chunkenc/decode.hpp"
#include "tsdb/block/block_files.hpp"

#include <mnemo/ulid.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace mnemo::tsdb {
namespace {

struct PairFigures {
  uint64_t series = 0;
  uint64_t uncovered = 0;  // milliseconds
};

struct NameFigures {
  uint64_t values = 0;
  uint64_t length = 0;
  uint64_t uncovered = 0;
};

/// A figure of a label (`value` unused) or of a label pair, as symbols.
struct Entry {
  SymbolPair label;
  uint64_t figure = 0;
};

/// The first of the entries in their order.
void keep_largest(std::vector<Entry>& entries, size_t limit) {
  auto before = [](const Entry& a, const Entry& b) {
    if (a.figure != b.figure) return a.figure > b.figure;
    return std::pair(a.label.name, a.label.value) < std::pair(b.label.name, b.label.value);
  };
  auto end = entries.begin() + static_cast<std::ptrdiff_t>(std::min(limit, entries.size()));
  std::partial_sort(entries.begin(), end, entries.end(), before);
  entries.erase(end, entries.end());
}

/// Which part of an entry's label is shown.
enum class Shown : uint8_t { kName, kValue, kPair };

class Analysis {
 public:
  Analysis(const BlockFiles& block, const AnalysisOptions& options)
      : block_(block), options_(options) {}

  Result<BlockAnalysis> run() {
    auto refs = select_postings(options_.matchers, block_.index);
    if (!refs.ok()) return std::move(refs).status().with_context(block_.place("index"));
    if (options_.with_chunks) result_.chunks.emplace();
    for (SeriesRef ref : *refs) {
      MNEMO_RETURN_IF_ERROR(add_series(ref));
      ++result_.series;
      if (options_.progress) options_.progress(result_.series, refs->size());
    }
    result_.meta = block_.meta;
    result_.label_pairs = pairs_.size();
    MNEMO_RETURN_IF_ERROR(rank_pairs().with_context(block_.place("index")));
    MNEMO_RETURN_IF_ERROR(rank_names().with_context(block_.place("index")));
    return std::move(result_);
  }

 private:
  Status add_series(SeriesRef ref);
  Status add_chunk(const ChunkMeta& meta);
  Status rank_pairs();
  Status rank_names();
  Result<Ranking> rank(std::vector<Entry> entries, Shown shown) const;
  /// Milliseconds as whole lengths of the block, as Prometheus rounds them.
  uint64_t in_blocks(uint64_t uncovered) const {
    auto length = static_cast<double>(block_.meta.max_time - block_.meta.min_time);
    return length > 0 ? static_cast<uint64_t>(static_cast<double>(uncovered) / length) : 0;
  }

  const BlockFiles& block_;
  const AnalysisOptions& options_;
  BlockAnalysis result_;
  std::unordered_map<uint64_t, PairFigures> pairs_;  // by the symbols of name and value
  std::unordered_map<uint32_t, NameFigures> names_;
  std::vector<SymbolPair> labels_;
  std::vector<ChunkMeta> chunks_;
  SampleColumn samples_;
};

Status Analysis::add_series(SeriesRef ref) {
  MNEMO_RETURN_IF_ERROR(
      block_.index.series_symbols(ref, labels_, &chunks_).with_context(block_.place("index")));
  auto length = static_cast<uint64_t>(block_.meta.max_time - block_.meta.min_time);
  uint64_t covered =
      chunks_.empty() ? 0 : static_cast<uint64_t>(chunks_.back().max_time - chunks_[0].min_time);
  uint64_t uncovered = length - std::min(length, covered);
  for (const auto& label : labels_) {
    auto& figures = pairs_[uint64_t{label.name} << 32 | label.value];
    ++figures.series;
    figures.uncovered += uncovered;
    names_[label.name].uncovered += uncovered;
    ++result_.postings_entries;
  }
  if (!result_.chunks) return {};
  for (const auto& meta : chunks_) MNEMO_RETURN_IF_ERROR(add_chunk(meta));
  return {};
}

Status Analysis::add_chunk(const ChunkMeta& meta) {
  auto& figures = *result_.chunks;
  MNEMO_TRY(auto chunk, block_.read_chunk(meta));
  ++figures.chunks;
  auto kind = sample_kind(chunk.encoding);
  if (kind == SampleKind::kNone) return {};  // aggregates
  auto place = [&] {
    return fmt::format("{}: chunk at offset {:#x}",
                       block_.place(segment_name(segment_of(meta.ref))), offset_of(meta.ref));
  };
  auto count = chunk_sample_count(chunk);
  if (!count.ok()) return std::move(count).status().with_context(place());
  if (kind == SampleKind::kFloat) {
    ++figures.float_samples[*count];
    ++figures.float_bytes[chunk.data.size()];
    return {};
  }
  ++figures.histogram_samples[*count];
  ++figures.histogram_bytes[chunk.data.size()];
  samples_.clear();
  auto status = decode_chunk(chunk, TimeRange(), samples_);
  if (!status.ok()) return std::move(status).with_context(place());
  uint64_t buckets = 0;
  for (const auto& histogram : samples_.histograms) {
    buckets += histogram->positive_buckets.size() + histogram->negative_buckets.size();
  }
  ++figures.histogram_buckets[buckets];
  return {};
}

Result<Ranking> Analysis::rank(std::vector<Entry> entries, Shown shown) const {
  keep_largest(entries, options_.limit);
  Ranking ranking;
  for (const auto& [label, figure] : entries) {
    std::string text;
    if (shown != Shown::kValue) {
      MNEMO_TRY(auto name, block_.index.symbols().lookup(label.name));
      text += name;
    }
    if (shown == Shown::kPair) text += '=';
    if (shown != Shown::kName) {
      MNEMO_TRY(auto value, block_.index.symbols().lookup(label.value));
      text += value;
    }
    ranking.push_back({std::move(text), figure});
  }
  return ranking;
}

Status Analysis::rank_pairs() {
  std::vector<Entry> churning;
  std::vector<Entry> common;
  std::vector<Entry> metrics;
  auto metric_name = block_.index.symbols().find(kMetricName);
  for (const auto& [key, figures] : pairs_) {
    SymbolPair label{static_cast<uint32_t>(key >> 32), static_cast<uint32_t>(key)};
    churning.push_back({label, in_blocks(figures.uncovered)});
    common.push_back({label, figures.series});
    if (metric_name == label.name) metrics.push_back({label, figures.series});
    MNEMO_TRY(auto value, block_.index.symbols().lookup(label.value));
    auto& name = names_[label.name];
    ++name.values;
    name.length += value.size();
  }
  MNEMO_TRY(result_.churning_pairs, rank(std::move(churning), Shown::kPair));
  MNEMO_TRY(result_.common_pairs, rank(std::move(common), Shown::kPair));
  MNEMO_TRY(result_.largest_metrics, rank(std::move(metrics), Shown::kValue));
  return {};
}

Status Analysis::rank_names() {
  std::vector<Entry> churning;
  std::vector<Entry> longest;
  std::vector<Entry> most;
  for (const auto& [name, figures] : names_) {
    churning.push_back({{name, 0}, in_blocks(figures.uncovered)});
    longest.push_back({{name, 0}, figures.length});
    most.push_back({{name, 0}, figures.values});
  }
  result_.label_names = names_.size();
  MNEMO_TRY(result_.churning_names, rank(std::move(churning), Shown::kName));
  MNEMO_TRY(result_.longest_values, rank(std::move(longest), Shown::kName));
  MNEMO_TRY(result_.most_values, rank(std::move(most), Shown::kName));
  return {};
}

}  // namespace

Result<BlockAnalysis> analyze_block(const std::filesystem::path& directory,
                                    const AnalysisOptions& options) {
  MNEMO_TRY(auto block, BlockFiles::open(directory));
  return Analysis(block, options).run();
}

Result<std::filesystem::path> find_block(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory / "meta.json", error)) return directory;
  std::filesystem::directory_iterator at(directory, error);
  if (error) return errno_status(error.value(), "open", directory);
  std::optional<Ulid> latest;
  for (; at != std::filesystem::directory_iterator(); at.increment(error)) {
    auto ulid = Ulid::parse(at->path().filename().string());
    if (ulid.ok() && (!latest || *latest < *ulid)) latest = *ulid;
  }
  if (error) return errno_status(error.value(), "list", directory);
  if (!latest) return Status::not_found(directory.string() + ": holds no block");
  return directory / latest->to_string();
}

}  // namespace mnemo::tsdb
