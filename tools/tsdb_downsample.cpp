// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "made_block.hpp"
#include "progress_bar.hpp"

#include "downsample/downsample.hpp"
#include "downsample/windows.hpp"

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools tsdb downsample";

struct DownsampleFlags {
  std::string block;
  std::string output;
  std::string resolution;

  void declare(CommandLine& line) {
    line.argument("block", block, "The folder of the block to read: raw, or downsampled to 5m.");
    line.text("o,output", output, "The folder in which the new block is made.");
    line.require("output");
    line.choice("resolution", resolution, {"5m", "1h"},
                "The distance between the samples of the new block. 1h is usually made of a block "
                "of 5m.");
    line.require("resolution");
  }
};

Status downsample(const DownsampleFlags& flags) {
  ProgressBar bar("downsampling", "series");
  downsample::DownsampleOptions options;
  options.progress = bar.reporter();
  int64_t resolution = flags.resolution == "1h" ? downsample::kOneHour : downsample::kFiveMinutes;
  MNEMO_TRY(auto meta, downsample::downsample_block(flags.block, resolution, Ulid::generate(),
                                                    flags.output, options));
  print_made_block(meta, flags.block + ": the block has");
  return {};
}

}  // namespace

int run_tsdb_downsample(const std::vector<std::string>& arguments) {
  DownsampleFlags flags;
  CommandLine line(std::string(kName),
                   "Make a block of a block's aggregates (count, sum, minimum, maximum, counter) "
                   "at a coarser resolution.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  auto status = downsample(flags);
  return status.ok() ? int{kDone} : report(kName, status);
}

}  // namespace mnemo::tools
