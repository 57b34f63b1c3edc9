// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mnemo {

/// The indexes of the buckets that spans name, in order.
std::vector<int64_t> bucket_indexes_of(std::span<const Span> spans);

/// How many buckets spans name.
size_t bucket_count_of(std::span<const Span> spans);

/// The fewest spans that name the given buckets.
std::vector<Span> spans_of(std::span<const int64_t> indexes);

/// Two sets of buckets and their union. `a_lacks` and `b_lacks`: whether a set is less than it;
/// `from_a` and `from_b`: where each bucket of a set is in it.
struct BucketUnion {
  std::vector<int64_t> indexes;
  std::vector<size_t> from_a;
  std::vector<size_t> from_b;
  bool a_lacks = false;
  bool b_lacks = false;
};

BucketUnion unite_buckets(std::span<const Span> a, std::span<const Span> b);

/// Counts moved to where `positions` says among `size` buckets, the others empty.
std::vector<double> spread_buckets(std::span<const double> counts,
                                   std::span<const size_t> positions, size_t size);
/// The same for counts that are differences to the bucket before.
std::vector<int64_t> spread_buckets(std::span<const int64_t> deltas,
                                    std::span<const size_t> positions, size_t size);

}  // namespace mnemo
