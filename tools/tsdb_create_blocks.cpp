// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "progress_bar.hpp"

#include "base/duration.hpp"
#include "tsdb/backfill/backfill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <system_error>
#include <utility>

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools tsdb create-blocks-from openmetrics";

struct CreateBlocksFlags {
  std::string input;
  std::string output = "data/";
  std::vector<std::string> labels;
  int64_t max_block_duration_ms = tsdb::kDefaultBlockDuration;
  uint64_t max_memory_mib = tsdb::BackfillOptions().max_held_bytes >> 20;
  bool human_readable = false;
  bool quiet = false;

  void declare(CommandLine& line) {
    line.argument("input", input, "The OpenMetrics file to read, or - for standard input.");
    line.optional_argument("output", output, "The folder in which blocks are made.");
    line.texts("label", labels, "Label to attach to every series, as name=value.");
    line.duration("max-block-duration", max_block_duration_ms,
                  "How long a block may be; the longest of 2h, 6h, 18h, ... that isn't longer.");
    line.number(
        "max-memory", max_memory_mib,
        "How many MiB of encoded samples may be held, unless a single block needs more. The "
        "more, the fewer passes over an input that isn't in order of time.");
    line.boolean("r,human-readable", human_readable, "Print times and sizes for people to read.");
    line.boolean("q,quiet", quiet, "Print no table of the blocks.");
  }

  Result<Labels> external_labels() const {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& label : labels) {
      auto at = label.find_first_of("=:");
      if (at == std::string::npos || at == 0) {
        return Status::invalid_argument("--label: expected name=value, got \"" + label + "\"");
      }
      pairs.emplace_back(label.substr(0, at), label.substr(at + 1));
    }
    return Labels::from_pairs(std::move(pairs));
  }
};

uint64_t size_of(const std::filesystem::path& block) {
  uint64_t bytes = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(block, error);
  for (; !error && entry != std::filesystem::end(entry); entry.increment(error)) {
    std::error_code gone;
    if (entry->is_regular_file(gone)) bytes += entry->file_size(gone);
  }
  return bytes;
}

std::string size_text(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto size = static_cast<double>(bytes);
  size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  return unit == 0 ? fmt::format("{}B", bytes) : fmt::format("{:.1f}{}", size, kUnits[unit]);
}

/// The table of promtool, on standard error.
void print_table(const CreateBlocksFlags& flags, const std::vector<BlockMeta>& blocks) {
  auto time = [&](int64_t ms) {
    return flags.human_readable ? format_rfc3339(ms) : std::to_string(ms);
  };
  // Wide enough for both ways to write a time.
  auto print = [](const auto&... cells) {
    fmt::print(stderr, "{:<26}  {:<20}  {:<20}  {:<13}  {:<11}  {:<10}  {:<10}  {}\n", cells...);
  };
  print("BLOCK ULID", "MIN TIME", "MAX TIME", "DURATION", "NUM SAMPLES", "NUM CHUNKS", "NUM SERIES",
        "SIZE");
  for (const auto& meta : blocks) {
    auto ulid = meta.ulid.to_string();
    auto bytes = size_of(std::filesystem::path(flags.output) / ulid);
    print(ulid, time(meta.min_time), time(meta.max_time),
          format_duration_ms(meta.max_time - meta.min_time), meta.stats.num_samples,
          meta.stats.num_chunks, meta.stats.num_series,
          flags.human_readable ? size_text(bytes) : std::to_string(bytes));
  }
}

Status create_blocks(const CreateBlocksFlags& flags, Labels external_labels) {
  ProgressBar bar("reading", "B");
  std::vector<BlockMeta> blocks;
  tsdb::BackfillOptions options;
  options.block_duration = tsdb::compatible_block_duration(flags.max_block_duration_ms);
  options.external_labels = std::move(external_labels);
  options.max_held_bytes = std::min(flags.max_memory_mib, uint64_t{1} << 40) << 20;
  options.progress = bar.reporter();
  options.on_block = [&](const BlockMeta& meta) {
    bar.hide();
    std::printf("%s\n", meta.ulid.to_string().c_str());
    std::fflush(stdout);
    blocks.push_back(meta);
  };
  auto status = tsdb::backfill_openmetrics(flags.input, flags.output, options);
  bar.hide();
  if (!flags.quiet && !blocks.empty()) print_table(flags, blocks);
  if (status.ok() && blocks.empty()) {
    std::fprintf(stderr, "%s: no samples, nothing is written\n", flags.input.c_str());
  }
  return status;
}

}  // namespace

int run_tsdb_create_blocks(const std::vector<std::string>& arguments) {
  CreateBlocksFlags flags;
  CommandLine line(std::string(kName), "Make blocks of the samples in an OpenMetrics file.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  auto labels = flags.external_labels();
  if (!labels.ok()) return report(kName, labels.status());
  auto status = create_blocks(flags, *labels);
  if (status.ok()) return kDone;
  (void)report(kName, status);
  return kFailed;  // whatever is wrong with the input
}

}  // namespace mnemo::tools
