// SPDX-License-Identifier: Apache-2.0
#include "tsdb/merge/overlaps.hpp"

#include "base/binary_heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace mnemo::tsdb {
namespace {

/// Where one block's chunks of the series are read.
struct Source {
  std::span<const Chunk> rest;
  const Chunk& chunk() const { return rest.front(); }
};

struct EarlierSource {
  bool operator()(const Source& a, const Source& b) const {
    const auto& x = a.chunk();
    const auto& y = b.chunk();
    return std::tie(x.min_time, x.max_time) < std::tie(y.min_time, y.max_time);
  }
};

/// Gives all sources' chunks in the order in which they begin, then end; also of a source whose own
/// chunks overlap or come in no order.
class ChunkOrder {
 public:
  explicit ChunkOrder(std::span<const std::vector<Chunk>> sources) : heap_(EarlierSource()) {
    for (std::span<const Chunk> chunks : sources) {
      while (!chunks.empty()) {
        size_t count = 1;
        while (count < chunks.size() && chunks[count].min_time > chunks[count - 1].max_time)
          ++count;
        push({chunks.first(count)});
        chunks = chunks.subspan(count);
      }
    }
  }

  bool empty() const { return heap_.empty(); }
  const Chunk& top() const { return heap_.top().chunk(); }
  const Chunk& take() {
    Source source = heap_.pop();
    const Chunk& chunk = source.chunk();
    push({source.rest.subspan(1)});
    return chunk;
  }

 private:
  void push(Source source) {
    if (!source.rest.empty()) heap_.push(source);
  }

  BinaryHeap<Source, EarlierSource> heap_;
};

bool identical(const Chunk& a, const Chunk& b) {
  return a.min_time == b.min_time && a.max_time == b.max_time && a.data == b.data;
}

/// Whether the chunks come one after the other as they are.
bool in_order(std::span<const std::vector<Chunk>> sources) {
  const Chunk* last = nullptr;
  for (const auto& chunks : sources) {
    for (const auto& chunk : chunks) {
      if (last != nullptr && chunk.min_time <= last->max_time) return false;
      last = &chunk;
    }
  }
  return true;
}

}  // namespace

Status merge_chunks(std::span<const std::vector<Chunk>> sources, const OverlapMerger& merger,
                    std::vector<Chunk>& merged) {
  merged.clear();
  if (in_order(sources)) {
    for (const auto& chunks : sources) merged.insert(merged.end(), chunks.begin(), chunks.end());
    return {};
  }
  ChunkOrder order(sources);
  std::vector<Chunk> group;
  std::vector<Chunk> made;
  while (!order.empty()) {
    group.assign(1, order.take());
    int64_t end = group[0].max_time;
    while (!order.empty() && order.top().min_time <= end) {
      const Chunk& next = order.take();
      if (identical(next, group.back())) continue;
      end = std::max(end, next.max_time);
      group.push_back(next);
    }
    if (group.size() == 1) {
      merged.push_back(group[0]);
      continue;
    }
    if (!merger) {
      return Status::invalid_argument(fmt::format("chunks overlap from {} on", group[1].min_time));
    }
    made.clear();
    MNEMO_RETURN_IF_ERROR(merger(group, made));
    merged.insert(merged.end(), made.begin(), made.end());
  }
  return {};
}

}  // namespace mnemo::tsdb
