// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "made_block.hpp"
#include "progress_bar.hpp"

#include "tsdb/block/rewrite.hpp"

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools tsdb rewrite";

Status rewrite(const std::string& block, const std::string& output) {
  ProgressBar bar("rewriting", "series");
  MNEMO_TRY(auto meta, tsdb::rewrite_block(block, Ulid::generate(), output,
                                           {.output = {}, .progress = bar.reporter()}));
  print_made_block(meta, block + ": the block has");
  return {};
}

}  // namespace

int run_tsdb_rewrite(const std::vector<std::string>& arguments) {
  std::string block;
  std::string output;
  CommandLine line(std::string(kName), "Read a block and write its content to a new one.");
  line.argument("block", block, "The folder of the block to read.");
  line.text("o,output", output, "The folder in which the new block is made.");
  line.require("output");
  if (auto status = line.parse(arguments)) return *status;
  auto status = rewrite(block, output);
  return status.ok() ? int{kDone} : report(kName, status);
}

}  // namespace mnemo::tools
