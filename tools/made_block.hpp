// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>

#include <cstdio>
#include <string>

namespace mnemo::tools {

/// Prints the ULID of a block that was made, or that there is none: `nothing` says what has no
/// samples.
inline void print_made_block(const BlockMeta& meta, const std::string& nothing) {
  if (meta.stats.num_samples == 0) {
    std::fprintf(stderr, "%s no samples, nothing is written\n", nothing.c_str());
  } else {
    std::printf("%s\n", meta.ulid.to_string().c_str());
  }
}

}  // namespace mnemo::tools
