// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace mnemo {

/// One side of a histogram with the index of every bucket written out. `compensations` is empty, or
/// has the compensation of each count.
struct BucketSide {
  std::vector<int64_t> indexes;
  std::vector<double> counts;
  std::vector<double> compensations;

  size_t size() const { return indexes.size(); }
  bool compensated() const { return !compensations.empty(); }
};

/// Stops where spans and buckets disagree.
BucketSide expand_buckets(std::span<const Span> spans, std::span<const double> counts);

/// The reverse: as few spans as the indexes allow.
void collect_buckets(const BucketSide& side, std::vector<Span>& spans, std::vector<double>& counts);

}  // namespace mnemo
