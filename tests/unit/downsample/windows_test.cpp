// SPDX-License-Identifier: Apache-2.0
#include "downsample/windows.hpp"

#include <doctest/doctest.h>

#include <tuple>
#include <vector>

using namespace mnemo;
using namespace mnemo::downsample;

TEST_CASE("windows: a window ends a millisecond before the next multiple of the resolution") {
  CHECK_EQ(window_end(0, 300'000), 299'999);
  CHECK_EQ(window_end(299'999, 300'000), 299'999);
  CHECK_EQ(window_end(300'000, 300'000), 599'999);
  CHECK_EQ(window_end(-1, 300'000), -1);
  CHECK_EQ(window_end(-300'000, 300'000), -1);
  CHECK_EQ(window_end(kMaxTime, 300'000), kMaxTime);
}

TEST_CASE("windows: chunks are as few as hold 140 windows each on average") {
  // A day every minute is 288 windows of 5 minutes, and one more to be safe: 289 / 2 > 140.
  constexpr int64_t kDay = 86'400'000;
  CHECK_EQ(target_chunk_count({0, kDay}, 60'000, 300'000, 1440), 3);
  // Half as dense, half as many windows: 145 / 1 > 140.
  CHECK_EQ(target_chunk_count({0, kDay}, 60'000, 300'000, 720), 2);
  // Denser than assumed counts as dense.
  CHECK_EQ(target_chunk_count({0, kDay}, 60'000, 300'000, 86'400), 3);
  CHECK_EQ(target_chunk_count({0, 139 * 300'000}, 60'000, 300'000, 86'400), 1);
  CHECK_EQ(target_chunk_count({0, 140 * 300'000}, 60'000, 300'000, 86'400), 2);
  CHECK_EQ(target_chunk_count({5, 5}, 60'000, 300'000, 1), 1);
  CHECK_EQ(target_chunk_count({5, 5}, 300'000, 3'600'000, 0), 1);
  CHECK_EQ(target_chunk_count({kMinTime, kMaxTime}, 60'000, 300'000, 10), 1);
}

TEST_CASE("windows: each window with samples is visited, the last one cut at the last sample") {
  std::vector<int64_t> times{1, 9, 10, 35, 36};
  std::vector<std::tuple<size_t, size_t, int64_t>> visited;
  for_each_window(times, 10, [&](size_t first, size_t last, int64_t time) {
    visited.emplace_back(first, last, time);
  });
  CHECK_EQ(visited, decltype(visited){{0, 2, 9}, {2, 3, 19}, {3, 5, 36}});
}
