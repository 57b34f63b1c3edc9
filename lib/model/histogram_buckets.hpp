// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace mnemo {

inline constexpr int32_t kMinExponentialSchema = -4;
inline constexpr int32_t kMaxExponentialSchema = 8;

struct HistogramBucket {
  double lower = 0;
  double upper = 0;
  double count = 0;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
};

/// The upper boundary of the positive bucket of that index: (2^(2^-schema))^index, or the custom
/// value (+Inf after the last, -Inf before the first). To the bit what Prometheus computes. NaN
/// for a schema that doesn't exist.
double histogram_bound(int64_t index, int32_t schema, std::span<const double> custom_values);

/// One bucket by its index, not yet cut at the zero bucket.
HistogramBucket histogram_bucket(const FloatHistogram& histogram, bool positive, int64_t index,
                                 double count);

/// All buckets that the spans name (empty ones included) from the lowest to the highest, the zero
/// bucket between the sides when it isn't empty.
std::vector<HistogramBucket> histogram_buckets(const FloatHistogram& histogram);

}  // namespace mnemo
