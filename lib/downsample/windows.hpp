// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/time_range.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

/// Downsampling: each window of a resolution becomes one sample of each aggregate. Where windows
/// end and where chunks are cut is as Thanos has it. Format: docs/formats/downsampling.md.
namespace mnemo::downsample {

inline constexpr int64_t kFiveMinutes = 5 * 60 * 1000;
inline constexpr int64_t kOneHour = 60 * 60 * 1000;

/// The last millisecond of the window in which `time` lies.
int64_t window_end(int64_t time, int64_t resolution);

/// How many chunks a series gets that has `samples` samples within `range`, `in_resolution` apart
/// (a minute, for raw samples) unless there are gaps: as few as hold 140 windows each on average.
size_t target_chunk_count(TimeRange range, int64_t in_resolution, int64_t out_resolution,
                          size_t samples);

/// Calls `visit(first, last, time)` for the samples from `first` up to before `last` of each window
/// that has any; `time` is that of its aggregates: the end of the window, or the time of the last
/// sample of all where that is earlier. `visit` returns nothing. REQUIRES: times never fall.
template <typename Visit>
void for_each_window(std::span<const int64_t> times, int64_t resolution, const Visit& visit) {
  size_t first = 0;
  while (first < times.size()) {
    int64_t time = std::min(window_end(times[first], resolution), times.back());
    size_t last = first + 1;
    while (last < times.size() && times[last] <= time) ++last;
    visit(first, last, time);
    first = last;
  }
}

}  // namespace mnemo::downsample
