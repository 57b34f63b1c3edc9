// SPDX-License-Identifier: Apache-2.0
#include <mnemo/histogram.hpp>

#include <bit>
#include <cmath>

namespace mnemo {
namespace {

std::vector<double> absolute_counts(const std::vector<int64_t>& deltas) {
  std::vector<double> counts;
  counts.reserve(deltas.size());
  uint64_t count = 0;  // unsigned: hostile deltas wrap instead of overflowing
  for (int64_t delta : deltas) {
    count += static_cast<uint64_t>(delta);
    counts.push_back(static_cast<double>(static_cast<int64_t>(count)));
  }
  return counts;
}

}  // namespace

double stale_nan() { return std::bit_cast<double>(kStaleNanBits); }

FloatHistogram Histogram::to_float() const {
  FloatHistogram result;
  result.counter_reset_hint = counter_reset_hint;
  result.schema = schema;
  result.sum = sum;
  if (is_stale_nan(sum)) return result;
  result.zero_threshold = zero_threshold;
  result.zero_count = static_cast<double>(zero_count);
  result.count = static_cast<double>(count);
  result.positive_spans = positive_spans;
  result.negative_spans = negative_spans;
  result.positive_buckets = absolute_counts(positive_buckets);
  result.negative_buckets = absolute_counts(negative_buckets);
  result.custom_values = custom_values;
  return result;
}

}  // namespace mnemo
