// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "progress_bar.hpp"

#include "tsdb/verify/verify.hpp"

#include <algorithm>
#include <cstdio>

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools tsdb verify";

/// Whether the block is sound. Its faults go to standard output, a summary to standard error.
Result<bool> verify(const std::string& block) {
  tsdb::VerifyOptions options;
  tsdb::VerifyReport report;
  {
    ProgressBar bar("verifying " + std::filesystem::path(block).filename().string(), "bytes");
    options.progress = bar.reporter();
    auto print = [](const tsdb::Fault& fault) {
      std::fprintf(stdout, "%s\n", fault.to_string().c_str());
    };
    MNEMO_TRY(report, tsdb::verify_block(block, print, options));
  }
  std::fflush(stdout);
  auto number = [](uint64_t count) { return static_cast<unsigned long long>(count); };
  std::fprintf(stderr, "%s: %llu faults; %llu series, %llu chunks, %llu samples\n", block.c_str(),
               number(report.faults), number(report.series), number(report.chunks),
               number(report.samples));
  if (report.faults > options.most_faults) {
    std::fprintf(stderr, "%s: %llu of the faults are not shown\n", block.c_str(),
                 number(report.faults - options.most_faults));
  }
  return report.faults == 0;
}

}  // namespace

int run_tsdb_verify(const std::vector<std::string>& arguments) {
  std::vector<std::string> blocks;
  CommandLine line(std::string(kName),
                   "Read everything in blocks and name each fault: checksums, order, references, "
                   "bounds, statistics.");
  line.arguments("block", blocks, "The folders of the blocks to check.");
  if (auto status = line.parse(arguments)) return *status;
  int exit = kDone;
  for (const auto& block : blocks) {
    auto is_sound = verify(block);
    if (!is_sound.ok()) report(kName, is_sound.status());
    if (!is_sound.ok() || !*is_sound) exit = kFailed;
  }
  return exit;
}

}  // namespace mnemo::tools
