// SPDX-License-Identifier: Apache-2.0
#include "query/overlap.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {

std::vector<std::vector<AggregateChunk>> split_overlapping(std::vector<AggregateChunk> chunks) {
  std::vector<std::vector<AggregateChunk>> lanes;
  for (auto& chunk : chunks) {
    auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const auto& candidate) {
      return candidate.back().max_time < chunk.min_time;
    });
    if (lane == lanes.end()) lane = lanes.emplace(lanes.end());
    lane->push_back(std::move(chunk));
  }
  return lanes;
}

}  // namespace mnemo
