// SPDX-License-Identifier: Apache-2.0
#include "model/bucket_side.hpp"

namespace mnemo {

BucketSide expand_buckets(std::span<const Span> spans, std::span<const double> counts) {
  BucketSide side;
  side.indexes.reserve(counts.size());
  int64_t index = 0;
  for (const Span& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && side.size() < counts.size(); ++i) {
      side.indexes.push_back(index++);
      side.counts.push_back(counts[side.counts.size()]);
    }
  }
  return side;
}

void collect_buckets(const BucketSide& side, std::vector<Span>& spans,
                     std::vector<double>& counts) {
  spans.clear();
  counts = side.counts;
  int64_t after = 0;  // the index after the last bucket
  for (size_t i = 0; i < side.size(); ++i) {
    int64_t index = side.indexes[i];
    if (i > 0 && index == after) {
      ++spans.back().length;
    } else {
      spans.push_back({static_cast<int32_t>(index - after), 1});
    }
    after = index + 1;
  }
}

}  // namespace mnemo
