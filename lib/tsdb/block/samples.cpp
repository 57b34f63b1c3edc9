// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/samples.hpp"

#include "model/chain.hpp"

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
  auto falls = [&](size_t i) { return samples.times[i] <= samples.times[i - 1]; };
  size_t i = first + 1;
  while (i < samples.size() && !falls(i)) ++i;
  if (i >= samples.size()) return;
  std::vector<SampleColumn> runs(1);
  for (i = first; i < samples.size(); ++i) {
    if (i > first && falls(i)) runs.emplace_back();
    runs.back().append_from(samples, i);
  }
  SampleColumn sorted;
  merge_chained(runs, sorted);
  resize(samples, first);
  for (i = 0; i < sorted.size(); ++i) samples.append_from(sorted, i);
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
