// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::bench {

/// What the first argument of a program names.
struct Mode {
  const char* name;
  size_t arguments;
  Status (*run)(const std::vector<std::string>&);
};

/// Runs the mode that the command line names; the program's exit status.
inline int run_mode(std::span<const Mode> modes, int argc, char** argv, const char* usage) {
  std::vector<std::string> args(argv + std::min(argc, 2), argv + argc);
  for (const auto& mode : modes) {
    if (argc < 2 || std::string_view(argv[1]) != mode.name || args.size() != mode.arguments)
      continue;
    auto status = mode.run(args);
    if (status.ok()) return 0;
    fmt::print(stderr, "{}: {}\n", mode.name, status.to_string());
    return 1;
  }
  fmt::print(stderr, "{}", usage);
  return 2;
}

}  // namespace mnemo::bench
