// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "progress_bar.hpp"

#include "promql/syntax/parser.hpp"
#include "tsdb/dump/dump.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <system_error>
#include <utility>

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools tsdb dump";

struct DumpFlags {
  std::string directory;
  std::vector<std::string> selectors;
  std::string min_time = std::to_string(kMinTime);
  std::string max_time = std::to_string(kMaxTime);
  std::string format = "text";

  void declare(CommandLine& line) {
    line.argument("DIR", directory,
                  "A block, or a data directory, whose blocks are read together (its write-ahead "
                  "log isn't).");
    line.texts("match", selectors, "Series selector. Can be given several times: any of them.");
    line.text("min-time", min_time, "Earliest timestamp, in milliseconds since the epoch.");
    line.text("max-time", max_time, "Latest timestamp, in milliseconds since the epoch.");
    line.choice("format", format, {"text", "ndjson"},
                "One sample a line as promtool prints them, or one series a line as JSON with "
                "its chunks' decoded content.");
  }
};

Result<int64_t> parse_milliseconds(std::string_view flag, std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Status::invalid_argument("--" + std::string(flag) + ": \"" + std::string(text) +
                                    "\" is no number of milliseconds");
  }
  return value;
}

Result<tsdb::DumpOptions> make_options(const DumpFlags& flags) {
  tsdb::DumpOptions options;
  MNEMO_TRY(options.range.min, parse_milliseconds("min-time", flags.min_time));
  MNEMO_TRY(options.range.max, parse_milliseconds("max-time", flags.max_time));
  for (const auto& selector : flags.selectors) {
    MNEMO_TRY(auto matchers, promql::parse_selector(selector).with_context("--match"));
    options.selectors.push_back(std::move(matchers));
  }
  return options;
}

Status write_to_stdout(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return {};
  return Status::unavailable("cannot write to standard output");
}

Status dump(const DumpFlags& flags) {
  MNEMO_TRY(auto options, make_options(flags));
  MNEMO_TRY(auto blocks, tsdb::open_blocks(flags.directory));
  auto print = flags.format == "ndjson" ? tsdb::dump_ndjson : tsdb::dump_text;
  ProgressBar bar("dumping", "series");
  // On a terminal the lines themselves show how far it is.
  if (::isatty(STDOUT_FILENO) == 0) options.progress = bar.reporter();
  MNEMO_RETURN_IF_ERROR(print(blocks, options, write_to_stdout));
  return std::fflush(stdout) == 0 ? Status() : write_to_stdout("\n");
}

}  // namespace

int run_tsdb_dump(const std::vector<std::string>& arguments) {
  DumpFlags flags;
  CommandLine line(std::string(kName), "Print what the blocks of a directory hold.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  auto status = dump(flags);
  return status.ok() ? int{kDone} : report(kName, status);
}

}  // namespace mnemo::tools
