// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a block's series cost, and where they come from.
namespace mnemo::tsdb {

struct AnalysisOptions {
  /// Only the series that satisfy all of them; none: every series.
  std::vector<Matcher> matchers;
  /// How many entries each list has at most.
  size_t limit = 20;
  /// Whether chunks are read too.
  bool with_chunks = false;
  /// Told of the series that are done.
  Progress progress;
};

/// A label, or a label pair ("job=api"), with a figure.
struct RankedLabel {
  std::string label;
  uint64_t figure = 0;
};

/// The largest figures first; equal ones in the order of the labels.
using Ranking = std::vector<RankedLabel>;

/// How often a figure occurs.
using Occurrences = std::map<uint64_t, uint64_t>;

struct ChunkAnalysis {
  uint64_t chunks = 0;
  Occurrences float_samples;
  Occurrences float_bytes;
  Occurrences histogram_samples;
  Occurrences histogram_bytes;
  Occurrences histogram_buckets;  // of all samples of a chunk
};

struct BlockAnalysis {
  BlockMeta meta;
  uint64_t series = 0;  // analysed
  uint64_t label_names = 0;
  uint64_t label_pairs = 0;
  uint64_t postings_entries = 0;
  /// By the time of the block during which series with that label had no samples, in whole blocks.
  Ranking churning_pairs;
  Ranking churning_names;
  Ranking common_pairs;     // by series
  Ranking longest_values;   // names, by the length of all values together
  Ranking most_values;      // names, by values
  Ranking largest_metrics;  // values of __name__, by series
  std::optional<ChunkAnalysis> chunks;
};

/// Analyses the block in `directory`.
/// Memory: 40 bytes a label pair, beside what an open block takes.
/// Errors: those of Block::open, DataLoss (names block, file and offset).
Result<BlockAnalysis> analyze_block(const std::filesystem::path& directory,
                                    const AnalysisOptions& options);

/// `directory` where it is a block, or the latest block in it (by ULID). Errors: NotFound.
Result<std::filesystem::path> find_block(const std::filesystem::path& directory);

/// The analysis as `promtool tsdb analyze` prints it; `selector` is the text of the matchers, empty
/// without any.
std::string analysis_text(const BlockAnalysis& analysis, std::string_view selector);

}  // namespace mnemo::tsdb
