// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"

#include "base/file.hpp"
#include "promqltest/runner.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools promql test";
constexpr uint64_t kLargestScript = 64 << 20;

struct Total {
  size_t evaluations = 0;
  size_t failures = 0;
};

Status run_file(const Engine& engine, const std::string& path, Total& total) {
  MNEMO_TRY(auto text, read_file(path, kLargestScript));
  MNEMO_TRY(auto report, promqltest::run_script(Context(), engine, text).with_context(path));
  for (const auto& failure : report.failures) {
    std::printf("%s:%zu: %s\n", path.c_str(), failure.line, failure.message.c_str());
  }
  total.evaluations += report.evaluations;
  total.failures += report.failures.size();
  return {};
}

}  // namespace

int run_promql_test(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  CommandLine line(std::string(kName), "Run promqltest scripts against the engine.");
  line.arguments("file", files, "A script in the language of Prometheus' promqltest.");
  if (auto status = line.parse(arguments)) return *status;
  Engine engine(promqltest::script_engine_options());
  Total total;
  int exit_status = kDone;
  for (const auto& file : files) {
    auto status = run_file(engine, file, total);
    if (!status.ok()) exit_status = std::max(exit_status, report(kName, status));
  }
  std::printf("%zu of %zu evaluations failed\n", total.failures, total.evaluations);
  return std::max(exit_status, total.failures > 0 ? int{kFailed} : int{kDone});
}

}  // namespace mnemo::tools
