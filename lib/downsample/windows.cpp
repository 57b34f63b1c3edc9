// SPDX-License-Identifier: Apache-2.0
#include "downsample/windows.hpp"

namespace mnemo::downsample {

int64_t window_end(int64_t time, int64_t resolution) {
  int64_t into = time % resolution;
  if (into < 0) into += resolution;
  int64_t left = resolution - 1 - into;
  return time > kMaxTime - left ? kMaxTime : time + left;
}

size_t target_chunk_count(TimeRange range, int64_t in_resolution, int64_t out_resolution,
                          size_t samples) {
  constexpr size_t kWindowsPerChunk = 140;
  auto length = static_cast<uint64_t>(range.max) - static_cast<uint64_t>(range.min);
  if (length == 0 || samples == 0) return 1;
  uint64_t whole_windows = length / static_cast<uint64_t>(out_resolution);
  double fullness = static_cast<double>(samples) /
                    (static_cast<double>(length) / static_cast<double>(in_resolution));
  auto windows = static_cast<double>(whole_windows);
  auto expected = static_cast<size_t>(windows * std::min(fullness, 1.0)) + 1;
  return expected / (kWindowsPerChunk + 1) + 1;
}

}  // namespace mnemo::downsample
