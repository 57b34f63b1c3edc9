// SPDX-License-Identifier: Apache-2.0
//
// Runs the corpus of the OpenMetrics target as a plain test.
#include "fuzz/openmetrics_parse.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

int main(int count, char** arguments) {
  size_t replayed = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream stream(entry.path(), std::ios::binary);
      // A buffer that ends where the data ends, so that sanitizers see reads past it.
      std::vector<uint8_t> data((std::istreambuf_iterator<char>(stream)), {});
      if (!stream) return 1;
      mnemo::fuzz::parse_any(data.data(), data.size());
      ++replayed;
    }
  }
  std::printf("%zu files\n", replayed);
  return replayed > 0 ? 0 : 1;
}
