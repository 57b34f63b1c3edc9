// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "version.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <thread>

namespace mnemo::tools {
namespace {

constexpr Command kCommands[] = {
    {"sidecar", "ship a Prometheus' blocks to a bucket, serve its data", run_sidecar},
    {"store", "serve the blocks of a bucket", run_store},
    {"query", "answer PromQL over sidecars, stores and other queriers", run_query},
    {"tools promql parse", "print the canonical form of an expression", run_promql_parse},
    {"tools promql query", "evaluate an expression over local blocks", run_promql_query},
    {"tools promql test", "run promqltest scripts", run_promql_test},
    {"tools tsdb analyze", "show cardinality, churn and chunks of a block", run_tsdb_analyze},
    {"tools tsdb create-blocks-from openmetrics", "make blocks of samples in a text file",
     run_tsdb_create_blocks},
    {"tools tsdb downsample", "aggregate a block at a coarser resolution", run_tsdb_downsample},
    {"tools tsdb dump", "print what blocks hold", run_tsdb_dump},
    {"tools tsdb merge", "merge blocks into one", run_tsdb_merge},
    {"tools tsdb rewrite", "read a block and write it anew", run_tsdb_rewrite},
    {"tools tsdb verify", "check everything in blocks and name each fault", run_tsdb_verify},
};

/// Whether `group` is the first words of the command's name, or empty.
bool belongs(const Command& command, const std::string& group) {
  return group.empty() || command.path.starts_with(group + " ");
}

/// Of the commands in `group`.
void print_help(std::FILE* out, const std::string& group) {
  std::fputs(
      "usage: mnemo <command> [<flags>]\n\n"
      "Long-term storage and a global query view for Prometheus.\n\nCommands:\n",
      out);
  for (const auto& command : kCommands) {
    if (!belongs(command, group)) continue;
    std::fprintf(out, "  %-41.*s %.*s\n", static_cast<int>(command.path.size()),
                 command.path.data(), static_cast<int>(command.summary.size()),
                 command.summary.data());
  }
  std::fputs(
      "\n`mnemo <command> --help` explains a command's flags. The flags are those of Thanos; a\n"
      "symlink named `thanos` to this program behaves the same.\n",
      out);
}

/// How many leading arguments spell `path`; 0 if they don't.
size_t words_matched(std::string_view path, const std::vector<std::string>& arguments) {
  std::istringstream words{std::string(path)};
  std::string word;
  size_t count = 0;
  while (words >> word) {
    if (count >= arguments.size() || arguments[count] != word) return 0;
    ++count;
  }
  return count;
}

int run(const std::vector<std::string>& arguments) {
  for (const auto& command : kCommands) {
    size_t words = words_matched(command.path, arguments);
    if (words == 0) continue;
    auto rest = std::vector<std::string>(arguments.begin() + static_cast<std::ptrdiff_t>(words),
                                         arguments.end());
    if (std::find(rest.begin(), rest.end(), "--version") != rest.end()) {
      std::printf("mnemo, version %s\n", kVersion);
      return kDone;
    }
    return command.run(rest);
  }
  if (!arguments.empty() && arguments[0] == "--version") {
    std::printf("mnemo, version %s\n", kVersion);
    return kDone;
  }
  std::string words;
  bool asks_for_help = false;
  for (const auto& argument : arguments) {
    asks_for_help = asks_for_help || argument == "--help" || argument == "-h" || argument == "help";
    if (asks_for_help || argument.starts_with('-')) break;
    words += (words.empty() ? "" : " ") + argument;
  }
  bool is_group = std::any_of(std::begin(kCommands), std::end(kCommands),
                              [&](const Command& command) { return belongs(command, words); });
  if (is_group) {
    print_help(asks_for_help ? stdout : stderr, words);
    if (asks_for_help) return kDone;
    std::fprintf(stderr, "mnemo: error: no command given after \"mnemo%s%s\"\n",
                 words.empty() ? "" : " ", words.c_str());
    return kWrongUsage;
  }
  std::fprintf(stderr, "mnemo: error: unknown command \"%s\", try --help\n", words.c_str());
  return kWrongUsage;
}

/// What threads have freed stays in the arena that it came from, and glibc makes eight a processor:
/// with buffers of a megabyte passing from thread to thread, each would keep some. The buffers
/// themselves are used again rather than given back to the kernel and taken from it each time.
void set_up_memory() {
#ifdef __GLIBC__
  constexpr int kBufferBytes = 4 << 20;  // larger ones are mapped, and unmapped when freed
  constexpr int kKeptBytes = 8 << 20;
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(2U, std::thread::hardware_concurrency())));
  ::mallopt(M_MMAP_THRESHOLD, kBufferBytes);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
#endif
}

}  // namespace
}  // namespace mnemo::tools

int main(int argc, char** argv) {
  mnemo::tools::set_up_memory();
  return mnemo::tools::run(std::vector<std::string>(argv + 1, argv + argc));
}
