// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/bucket_layout.hpp"

namespace mnemo {

std::vector<int64_t> bucket_indexes_of(std::span<const Span> spans) {
  std::vector<int64_t> indexes;
  indexes.reserve(bucket_count_of(spans));
  int64_t index = 0;
  for (const auto& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i) indexes.push_back(index++);
  }
  return indexes;
}

size_t bucket_count_of(std::span<const Span> spans) {
  size_t count = 0;
  for (const auto& span : spans) count += span.length;
  return count;
}

std::vector<Span> spans_of(std::span<const int64_t> indexes) {
  std::vector<Span> spans;
  int64_t next = 0;
  for (int64_t index : indexes) {
    if (spans.empty() || index != next) {
      spans.push_back({static_cast<int32_t>(index - next), 0});
    }
    ++spans.back().length;
    next = index + 1;
  }
  return spans;
}

BucketUnion unite_buckets(std::span<const Span> a, std::span<const Span> b) {
  auto in_a = bucket_indexes_of(a);
  auto in_b = bucket_indexes_of(b);
  BucketUnion result;
  size_t i = 0;
  size_t j = 0;
  while (i < in_a.size() || j < in_b.size()) {
    bool takes_a = i < in_a.size() && (j == in_b.size() || in_a[i] <= in_b[j]);
    bool takes_b = j < in_b.size() && (i == in_a.size() || in_b[j] <= in_a[i]);
    size_t position = result.indexes.size();
    result.indexes.push_back(takes_a ? in_a[i] : in_b[j]);
    if (takes_a) result.from_a.push_back(position);
    if (takes_b) result.from_b.push_back(position);
    i += takes_a ? 1 : 0;
    j += takes_b ? 1 : 0;
  }
  result.a_lacks = result.indexes.size() > in_a.size();
  result.b_lacks = result.indexes.size() > in_b.size();
  return result;
}

std::vector<double> spread_buckets(std::span<const double> counts,
                                   std::span<const size_t> positions, size_t size) {
  std::vector<double> spread(size);
  for (size_t i = 0; i < counts.size(); ++i) spread[positions[i]] = counts[i];
  return spread;
}

std::vector<int64_t> spread_buckets(std::span<const int64_t> deltas,
                                    std::span<const size_t> positions, size_t size) {
  std::vector<uint64_t> absolute(size);
  uint64_t current = 0;
  for (size_t i = 0; i < deltas.size(); ++i) {
    current += static_cast<uint64_t>(deltas[i]);
    absolute[positions[i]] = current;
  }
  std::vector<int64_t> spread(size);
  uint64_t before = 0;
  for (size_t i = 0; i < size; ++i) {
    spread[i] = static_cast<int64_t>(absolute[i] - before);
    before = absolute[i];
  }
  return spread;
}

}  // namespace mnemo
