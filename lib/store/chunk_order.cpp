// SPDX-License-Identifier: Apache-2.0
#include "store/chunk_order.hpp"

#include <algorithm>

namespace mnemo {
namespace {

/// Negative when `a` comes first. A missing part comes last, larger bytes come first.
int compare_parts(const Chunk* a, const Chunk* b) {
  if (!a || !b) return static_cast<int>(b != nullptr) - static_cast<int>(a != nullptr);
  if (a->encoding != b->encoding) return a->encoding < b->encoding ? -1 : 1;
  return b->data.as_string().compare(a->data.as_string());
}

int compare_chunks(const AggregateChunk& a, const AggregateChunk& b) {
  if (a.min_time != b.min_time) return a.min_time < b.min_time ? -1 : 1;
  if (a.max_time != b.max_time) return a.max_time < b.max_time ? -1 : 1;
  for (auto part : {Aggregate::kRaw, Aggregate::kCount, Aggregate::kSum, Aggregate::kMin,
                    Aggregate::kMax, Aggregate::kCounter}) {
    if (int order = compare_parts(a.get(part), b.get(part)); order != 0) return order;
  }
  return 0;
}

}  // namespace

bool chunk_before(const AggregateChunk& a, const AggregateChunk& b) {
  return compare_chunks(a, b) < 0;
}

void sort_and_deduplicate(std::vector<AggregateChunk>& chunks) {
  auto misplaced = [](const AggregateChunk& a, const AggregateChunk& b) {
    return compare_chunks(a, b) >= 0;
  };
  if (std::adjacent_find(chunks.begin(), chunks.end(), misplaced) == chunks.end()) return;
  std::stable_sort(chunks.begin(), chunks.end(), chunk_before);
  auto same = [](const AggregateChunk& a, const AggregateChunk& b) {
    return compare_chunks(a, b) == 0;
  };
  chunks.erase(std::unique(chunks.begin(), chunks.end(), same), chunks.end());
}

}  // namespace mnemo
