// SPDX-License-Identifier: Apache-2.0
#include "objstore/subranges.hpp"

#include <algorithm>

namespace mnemo {

Subranges Subranges::covering(uint64_t offset, uint64_t length, uint64_t size,
                              uint64_t object_size) {
  Subranges pieces;
  pieces.size = size;
  pieces.object_size = object_size;
  pieces.first = offset / size * size;
  if (offset >= object_size) return pieces;
  uint64_t end = offset + std::min(length, object_size - offset);
  pieces.count = static_cast<size_t>((end - pieces.first + size - 1) / size);
  return pieces;
}

uint64_t Subranges::end_of(size_t piece) const {
  return std::min(begin_of(piece) + size, object_size);
}

std::vector<SubrangeRun> group_subranges(const std::vector<size_t>& missing, size_t max_runs) {
  std::vector<SubrangeRun> runs;
  for (size_t piece : missing) {
    if (!runs.empty() && runs.back().last == piece) {
      ++runs.back().last;
    } else {
      runs.push_back({piece, piece + 1});
    }
  }
  if (max_runs == 0 || runs.size() <= max_runs) return runs;
  // The widest gaps stay.
  std::vector<size_t> gaps;
  for (size_t i = 1; i < runs.size(); ++i) gaps.push_back(i);
  auto width = [&](size_t i) { return runs[i].first - runs[i - 1].last; };
  auto kept = gaps.begin() + static_cast<std::ptrdiff_t>(max_runs - 1);
  std::nth_element(gaps.begin(), kept, gaps.end(),
                   [&](size_t a, size_t b) { return width(a) > width(b); });
  std::sort(gaps.begin(), kept);
  std::vector<SubrangeRun> grouped;
  size_t begin = 0;
  for (auto gap = gaps.begin(); gap != kept; ++gap) {
    grouped.push_back({runs[begin].first, runs[*gap - 1].last});
    begin = *gap;
  }
  grouped.push_back({runs[begin].first, runs.back().last});
  return grouped;
}

}  // namespace mnemo
