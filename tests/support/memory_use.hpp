// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace mnemo::testing {

/// Bytes of anonymous memory that this process has now (RssAnon); 0 where the kernel doesn't tell.
inline uint64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t kib = 0;
  while (status >> word) {
    if (word == "RssAnon:" && status >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace mnemo::testing
