// SPDX-License-Identifier: Apache-2.0
// Runs promqltest scripts: `scripts [--brief] FILE...`. Prints each failure with file and line,
// then a total for each file. Exit status: 0 all pass, 1 some fail, 2 a script can't be read or
// parsed.
#include "promqltest/runner.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

constexpr uint64_t kLargestScript = 64 << 20;

int run_file(const Engine& engine, const std::string& path, bool brief) {
  auto text = read_file(path, kLargestScript);
  auto report = text ? promqltest::run_script(Context(), engine, *text)
                     : Result<promqltest::Report>(text.status());
  if (!report) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), report.status().message().c_str());
    return 2;
  }
  for (const auto& failure : report->failures) {
    if (!brief) std::printf("%s:%zu: %s\n", path.c_str(), failure.line, failure.message.c_str());
  }
  std::printf("%s: %zu of %zu evaluations failed\n", path.c_str(), report->failures.size(),
              report->evaluations);
  return report->failures.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Engine engine(promqltest::script_engine_options());
  bool brief = false;
  int worst = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--brief") {
      brief = true;
    } else {
      worst = std::max(worst, run_file(engine, argv[i], brief));
    }
  }
  return worst;
}
