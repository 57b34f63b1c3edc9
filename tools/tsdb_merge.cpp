// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "made_block.hpp"
#include "progress_bar.hpp"

#include "dedup/penalty_chunks.hpp"
#include "tsdb/merge/merge.hpp"
#include "tsdb/merge/recode.hpp"

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools tsdb merge";

struct MergeFlags {
  std::vector<std::string> blocks;
  std::string output;
  std::string dedup = "chain";
  std::vector<std::string> replica_labels;

  void declare(CommandLine& line) {
    line.arguments("block", blocks, "The folders of the blocks to merge.");
    line.text("o,output", output, "The folder in which the new block is made.");
    line.require("output");
    line.choice("dedup", dedup, {"chain", "penalty"},
                "What becomes of chunks that overlap: all samples in order of time, or those of "
                "one replica at a time.");
    line.texts("replica-label", replica_labels,
               "External label by which replicas differ; left out of the new block. Without any, "
               "every external label is left out that the blocks don't share.");
  }
};

Status merge(const MergeFlags& flags) {
  tsdb::MergeOptions options;
  options.replica_labels = split_commas(flags.replica_labels);
  options.merge_overlaps =
      flags.dedup == "penalty" ? deduplicate_chunks_by_penalty : tsdb::chain_overlaps;
  ProgressBar bar("merging", "series");
  options.progress = bar.reporter();
  std::vector<std::filesystem::path> blocks(flags.blocks.begin(), flags.blocks.end());
  MNEMO_TRY(auto meta, tsdb::merge_blocks(blocks, Ulid::generate(), flags.output, options));
  print_made_block(meta, "the blocks have");
  return {};
}

}  // namespace

int run_tsdb_merge(const std::vector<std::string>& arguments) {
  MergeFlags flags;
  CommandLine line(std::string(kName), "Merge blocks into one.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  auto status = merge(flags);
  return status.ok() ? int{kDone} : report(kName, status);
}

}  // namespace mnemo::tools
