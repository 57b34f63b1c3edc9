// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

namespace mnemo::fuzz {

/// One parser or decoder under test: takes any bytes, and aborts where something doesn't hold that
/// must hold of whatever it read.
struct Target {
  std::string_view name;  // of its folder in the corpus
  void (*run)(std::span<const uint8_t> data);
};

std::span<const Target> targets();

/// Null where there is none of that name.
const Target* find_target(std::string_view name);

inline void require(bool condition) {
  if (!condition) std::abort();
}

// A file each.
template <int kEncoding>
void run_chunk(std::span<const uint8_t> data);
void run_downsample(std::span<const uint8_t> data);
void run_index(std::span<const uint8_t> data);
void run_meta(std::span<const uint8_t> data);
void run_openmetrics(std::span<const uint8_t> data);
void run_overlaps(std::span<const uint8_t> data);
void run_promql(std::span<const uint8_t> data);
void run_segment(std::span<const uint8_t> data);
void run_tombstones(std::span<const uint8_t> data);

}  // namespace mnemo::fuzz
