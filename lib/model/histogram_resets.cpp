// SPDX-License-Identifier: Apache-2.0
#include "model/bucket_side.hpp"
#include "model/histogram_buckets.hpp"
#include "model/histogram_math.hpp"

#include <algorithm>
#include <limits>

namespace mnemo {
namespace {

/// The side at a coarser schema, without the leading buckets that lie in the zero bucket.
BucketSide comparable(const BucketSide& side, int32_t from_schema, int32_t to_schema,
                      double zero_threshold) {
  BucketSide result;
  int shift = std::min(std::max(from_schema - to_schema, 0), 62);
  bool below = zero_threshold > 0 && to_schema != kCustomBucketsSchema;
  for (size_t i = 0; i < side.size(); ++i) {
    int64_t index = shift == 0 ? side.indexes[i] : ((side.indexes[i] - 1) >> shift) + 1;
    below = below && histogram_bound(index, to_schema, {}) <= zero_threshold;
    if (below) continue;
    if (result.size() > 0 && result.indexes.back() == index) {
      result.counts.back() += side.counts[i];
    } else {
      result.indexes.push_back(index);
      result.counts.push_back(side.counts[i]);
    }
  }
  return result;
}

/// Whether a bucket has less than before, or has gone.
bool any_decrease(const BucketSide& now, const BucketSide& before) {
  size_t i = 0;
  for (size_t j = 0; j < before.size(); ++j) {
    while (i < now.size() && now.indexes[i] < before.indexes[j]) ++i;
    if (i < now.size() && now.indexes[i] == before.indexes[j]) {
      if (now.counts[i] < before.counts[j]) return true;
    } else if (before.counts[j] != 0) {
      return true;
    }
  }
  return false;
}

/// The zero count of `h` at a larger threshold; nothing where the threshold would cut a bucket.
bool zero_count_at(const FloatHistogram& h, double threshold, double& count) {
  count = h.zero_count;
  const std::vector<Span>* spans[] = {&h.positive_spans, &h.negative_spans};
  const std::vector<double>* buckets[] = {&h.positive_buckets, &h.negative_buckets};
  for (int side = 0; side < 2 && threshold != h.zero_threshold; ++side) {
    BucketSide expanded = expand_buckets(*spans[side], *buckets[side]);
    for (size_t i = 0; i < expanded.size(); ++i) {
      if (histogram_bound(expanded.indexes[i] - 1, h.schema, {}) >= threshold) break;
      count += expanded.counts[i];
      if (histogram_bound(expanded.indexes[i], h.schema, {}) <= threshold) continue;
      if (expanded.counts[i] != 0) return false;
      break;
    }
  }
  return true;
}

/// The same for custom buckets with different bounds: counts between common bounds are compared.
bool any_custom_decrease(const FloatHistogram& now, const FloatHistogram& before) {
  std::vector<double> bounds;
  std::set_intersection(now.custom_values.begin(), now.custom_values.end(),
                        before.custom_values.begin(), before.custom_values.end(),
                        std::back_inserter(bounds));
  auto counts_between = [&](const FloatHistogram& h) {
    std::vector<double> counts(bounds.size() + 1);
    BucketSide side = expand_buckets(h.positive_spans, h.positive_buckets);
    for (size_t i = 0; i < side.size(); ++i) {
      double upper = histogram_bound(side.indexes[i], kCustomBucketsSchema, h.custom_values);
      auto at = std::lower_bound(bounds.begin(), bounds.end(), upper) - bounds.begin();
      counts[static_cast<size_t>(at)] += side.counts[i];
    }
    return counts;
  };
  std::vector<double> x = counts_between(now);
  std::vector<double> y = counts_between(before);
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] < y[i]) return true;
  }
  return false;
}

}  // namespace

bool detect_reset(const FloatHistogram& histogram, const FloatHistogram& previous) {
  if (histogram.counter_reset_hint == CounterResetHint::kReset) return true;
  if (histogram.counter_reset_hint == CounterResetHint::kNotReset) return false;
  if (histogram.count < previous.count) return true;
  if (histogram.uses_custom_buckets()) {
    if (!previous.uses_custom_buckets()) return true;
    if (histogram.custom_values != previous.custom_values) {
      return any_custom_decrease(histogram, previous);
    }
  }
  if (histogram.schema > previous.schema) return true;
  if (histogram.zero_threshold < previous.zero_threshold) return true;
  double previous_zero_count = 0;
  if (!zero_count_at(previous, histogram.zero_threshold, previous_zero_count)) return true;
  if (histogram.zero_count < previous_zero_count) return true;
  auto side_decreases = [&](const std::vector<Span>& spans, const std::vector<double>& buckets,
                            const std::vector<Span>& previous_spans,
                            const std::vector<double>& previous_buckets) {
    return any_decrease(comparable(expand_buckets(spans, buckets), histogram.schema,
                                   histogram.schema, histogram.zero_threshold),
                        comparable(expand_buckets(previous_spans, previous_buckets),
                                   previous.schema, histogram.schema, histogram.zero_threshold));
  };
  return side_decreases(histogram.positive_spans, histogram.positive_buckets,
                        previous.positive_spans, previous.positive_buckets) ||
         side_decreases(histogram.negative_spans, histogram.negative_buckets,
                        previous.negative_spans, previous.negative_buckets);
}

}  // namespace mnemo
