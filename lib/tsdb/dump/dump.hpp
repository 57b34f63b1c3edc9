// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"

#include <mnemo/block.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

/// Printing of what blocks hold, for people and for comparisons.
namespace mnemo::tsdb {

using Blocks = std::vector<std::shared_ptr<const Block>>;
/// Takes pieces of text, of some tens of kilobytes, in order.
using TextSink = std::function<Status(std::string_view)>;

struct DumpOptions {
  TimeRange range;
  /// A series is printed when it satisfies all matchers of one of these sets; no set: every series.
  std::vector<std::vector<Matcher>> selectors;
  Progress progress;  // in series of blocks
};

/// Opens the block in `directory`, or, where that holds no meta.json, the blocks in its folders
/// that are named by ULIDs, in order of time. Errors: those of Block::open; NotFound (no block).
Result<Blocks> open_blocks(const std::filesystem::path& directory);

/// One sample a line, as `promtool tsdb dump` prints it: `{labels} value timestamp`. Series come in
/// the order of their labels; those of several blocks are chained where they overlap
/// (model/sample_chain.hpp). Errors: those of reading; InvalidArgument (downsampled blocks).
Status dump_text(const Blocks& blocks, const DumpOptions& options, const TextSink& sink);

/// One series of one block a line, as JSON with every chunk's decoded content; block after block.
/// Format: docs/formats/dump.md.
Status dump_ndjson(const Blocks& blocks, const DumpOptions& options, const TextSink& sink);

}  // namespace mnemo::tsdb
