// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "progress_bar.hpp"

#include "promql/syntax/parser.hpp"
#include "tsdb/analyze/analyze.hpp"

#include <cstdio>
#include <utility>

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools tsdb analyze";

struct AnalyzeFlags {
  std::string directory;
  std::string selector;
  uint64_t limit = 20;
  bool extended = false;

  void declare(CommandLine& line) {
    line.argument("DIR", directory, "A block, or a data directory, whose latest block is taken.");
    line.text("match", selector, "Series selector: only the series that it selects are analysed.");
    line.number("limit", limit, "How many entries each list has at most.");
    line.boolean("extended", extended,
                 "Read the chunks too, and show how full and large they are.");
  }
};

Status analyze(const AnalyzeFlags& flags) {
  tsdb::AnalysisOptions options;
  options.limit = flags.limit;
  options.with_chunks = flags.extended;
  if (!flags.selector.empty()) {
    MNEMO_TRY(options.matchers, promql::parse_selector(flags.selector).with_context("--match"));
  }
  MNEMO_TRY(auto block, tsdb::find_block(flags.directory));
  tsdb::BlockAnalysis analysis;
  {
    ProgressBar bar("analysing", "series");
    options.progress = bar.reporter();
    MNEMO_TRY(analysis, tsdb::analyze_block(block, options));
  }
  auto text = tsdb::analysis_text(analysis, flags.selector);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Status::unavailable("cannot write to standard output");
  }
  return {};
}

}  // namespace

int run_tsdb_analyze(const std::vector<std::string>& arguments) {
  AnalyzeFlags flags;
  CommandLine line(std::string(kName),
                   "Show what a block's series cost: cardinality, churn and, where asked for, "
                   "chunks.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  auto status = analyze(flags);
  return status.ok() ? int{kDone} : report(kName, status);
}

}  // namespace mnemo::tools
