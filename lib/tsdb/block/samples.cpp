// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/samples.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace mnemo::tsdb {
namespace {

void resize(SampleColumn& samples, size_t size) {
  samples.times.resize(size);
  samples.values.resize(size);
  if (!samples.histograms.empty()) samples.histograms.resize(size);
  if (!samples.start_times.empty()) samples.start_times.resize(size);
}

void move_sample(SampleColumn& samples, size_t from, size_t to) {
  if (from == to) return;
  samples.times[to] = samples.times[from];
  samples.values[to] = samples.values[from];
  if (!samples.histograms.empty()) samples.histograms[to] = std::move(samples.histograms[from]);
  if (!samples.start_times.empty()) samples.start_times[to] = samples.start_times[from];
}

}  // namespace

void put_in_order(SampleColumn& samples, size_t first) {
  auto begin = samples.times.begin() + static_cast<std::ptrdiff_t>(first);
  if (std::adjacent_find(begin, samples.times.end(), std::greater_equal<>()) ==
      samples.times.end()) {
    return;
  }
  std::vector<size_t> order(samples.size() - first);
  std::iota(order.begin(), order.end(), first);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return samples.times[a] < samples.times[b]; });
  SampleColumn sorted;
  for (size_t i : order) {
    if (sorted.empty() || sorted.times.back() != samples.times[i]) sorted.append_from(samples, i);
  }
  resize(samples, first);
  for (size_t i = 0; i < sorted.size(); ++i) samples.append_from(sorted, i);
}

void remove_ranges(SampleColumn& samples, size_t first, std::span<const TimeRange> ranges) {
  if (ranges.empty()) return;
  size_t kept = first;
  auto range = ranges.begin();
  for (size_t i = first; i < samples.size(); ++i) {
    while (range != ranges.end() && range->max < samples.times[i]) ++range;
    if (range != ranges.end() && range->contains(samples.times[i])) continue;
    move_sample(samples, i, kept++);
  }
  resize(samples, kept);
}

}  // namespace mnemo::tsdb
