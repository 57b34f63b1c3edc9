// SPDX-License-Identifier: Apache-2.0
#include "model/histogram_math.hpp"

#include "base/kahan_sum.hpp"
#include "model/bucket_side.hpp"
#include "model/histogram_buckets.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace mnemo {
namespace {

/// A histogram with its sides expanded, and what compensates its numbers.
struct Expanded {
  BucketSide positive;
  BucketSide negative;
};

Expanded expand(const FloatHistogram& h) {
  return {expand_buckets(h.positive_spans, h.positive_buckets),
          expand_buckets(h.negative_spans, h.negative_buckets)};
}

void collect(const Expanded& sides, FloatHistogram& h) {
  collect_buckets(sides.positive, h.positive_spans, h.positive_buckets);
  collect_buckets(sides.negative, h.negative_spans, h.negative_buckets);
}

void kahan_into(double& sum, double& compensation, double value) {
  KahanSum kahan{sum, compensation};
  kahan.add(value);
  sum = kahan.sum;
  compensation = kahan.compensation;
}

/// Adds `value` (and its own compensation) to a bucket.
void add_to_bucket(BucketSide& side, size_t i, double value, double value_compensation) {
  if (!side.compensated()) {
    side.counts[i] += value;
    return;
  }
  kahan_into(side.counts[i], side.compensations[i], value);
  if (value_compensation != 0) {
    kahan_into(side.counts[i], side.compensations[i], value_compensation);
  }
}

BucketSide reduced(const BucketSide& side, int32_t from_schema, int32_t to_schema) {
  if (from_schema <= to_schema) return side;
  int shift = std::min(from_schema - to_schema, 62);
  BucketSide result;
  for (size_t i = 0; i < side.size(); ++i) {
    int64_t index = ((side.indexes[i] - 1) >> shift) + 1;
    double compensation = side.compensated() ? side.compensations[i] : 0;
    if (result.size() > 0 && result.indexes.back() == index) {
      if (side.compensated()) {
        kahan_into(result.counts.back(), result.compensations.back(), side.counts[i]);
        kahan_into(result.counts.back(), result.compensations.back(), compensation);
      } else {
        result.counts.back() += side.counts[i];
      }
      continue;
    }
    result.indexes.push_back(index);
    result.counts.push_back(side.counts[i]);
    if (side.compensated()) result.compensations.push_back(compensation);
  }
  return result;
}

/// a + factor * b, leaving out what of `b` lies below the zero threshold.
BucketSide merged(const BucketSide& a, const BucketSide& b, double factor, int32_t schema,
                  double zero_threshold) {
  BucketSide result;
  bool compensated = a.compensated();
  auto push = [&](int64_t index, double count, double compensation) {
    result.indexes.push_back(index);
    result.counts.push_back(count);
    if (compensated) result.compensations.push_back(compensation);
  };
  size_t i = 0;
  bool below = schema != kCustomBucketsSchema;
  for (size_t j = 0; j < b.size(); ++j) {
    below = below && histogram_bound(b.indexes[j], schema, {}) <= zero_threshold;
    if (below) continue;
    for (; i < a.size() && a.indexes[i] < b.indexes[j]; ++i) {
      push(a.indexes[i], a.counts[i], compensated ? a.compensations[i] : 0);
    }
    double compensation = b.compensated() ? factor * b.compensations[j] : 0;
    if (i == a.size() || a.indexes[i] != b.indexes[j]) {
      push(b.indexes[j], factor * b.counts[j], compensation);
      continue;
    }
    push(a.indexes[i], a.counts[i], compensated ? a.compensations[i] : 0);
    add_to_bucket(result, result.size() - 1, factor * b.counts[j], compensation);
    ++i;
  }
  for (; i < a.size(); ++i) {
    push(a.indexes[i], a.counts[i], compensated ? a.compensations[i] : 0);
  }
  return result;
}

struct ZeroBucket {
  double count = 0;
  double threshold = 0;
  double compensation = 0;
};

/// Adds to `zero` the buckets of one side that begin below its threshold. True where a bucket that
/// is not empty reaches beyond it: the threshold then is that bucket's end.
bool swallow(const BucketSide& side, int32_t schema, ZeroBucket& zero) {
  KahanSum count{zero.count, zero.compensation};
  bool widened = false;
  for (size_t i = 0; i < side.size(); ++i) {
    if (histogram_bound(side.indexes[i] - 1, schema, {}) >= zero.threshold) break;
    count.add(side.counts[i]);
    if (side.compensated()) count.add(side.compensations[i]);
    double upper = histogram_bound(side.indexes[i], schema, {});
    if (upper <= zero.threshold) continue;
    if (side.counts[i] != 0) {
      zero.threshold = upper;
      widened = true;
    }
    break;
  }
  zero.count = count.sum;
  zero.compensation = count.compensation;
  return widened;
}

/// The zero bucket that `h` has at a larger threshold, which grows where it would cut a bucket.
ZeroBucket zero_bucket_at(const FloatHistogram& h, const Expanded& sides, double threshold,
                          double compensation) {
  ZeroBucket zero{h.zero_count, threshold, compensation};
  bool known = h.schema >= kMinExponentialSchema && h.schema <= kMaxExponentialSchema;
  if (!known || threshold <= h.zero_threshold) return zero;
  while (true) {
    zero.count = h.zero_count;
    swallow(sides.positive, h.schema, zero);
    if (!swallow(sides.negative, h.schema, zero)) return zero;
  }
}

void remove_swallowed(BucketSide& side, int32_t schema, double threshold) {
  BucketSide rest;
  for (size_t i = 0; i < side.size(); ++i) {
    bool inside = histogram_bound(side.indexes[i] - 1, schema, {}) < threshold;
    double compensation = side.compensated() ? side.compensations[i] : 0;
    if (inside || (side.counts[i] == 0 && compensation == 0)) continue;
    rest.indexes.push_back(side.indexes[i]);
    rest.counts.push_back(side.counts[i]);
    if (side.compensated()) rest.compensations.push_back(compensation);
  }
  side = std::move(rest);
}

/// Brings both zero buckets to one threshold, changing `h` alone; gives the count of the other's.
double reconcile_zero_buckets(FloatHistogram& h, Expanded& sides, double* compensation,
                              const FloatHistogram& other, double& other_compensation) {
  ZeroBucket theirs{other.zero_count, other.zero_threshold, 0};
  Expanded other_sides;
  if (theirs.threshold != h.zero_threshold) other_sides = expand(other);
  while (theirs.threshold != h.zero_threshold) {
    if (h.zero_threshold > theirs.threshold) {
      theirs = zero_bucket_at(other, other_sides, h.zero_threshold, 0);
      other_compensation = theirs.compensation;
    }
    if (theirs.threshold > h.zero_threshold) {
      ZeroBucket ours =
          zero_bucket_at(h, sides, theirs.threshold, compensation ? *compensation : 0);
      h.zero_count = ours.count;
      h.zero_threshold = ours.threshold;
      if (compensation) *compensation = ours.compensation;
      remove_swallowed(sides.positive, h.schema, h.zero_threshold);
      remove_swallowed(sides.negative, h.schema, h.zero_threshold);
    }
    if (std::isnan(theirs.threshold) || std::isnan(h.zero_threshold)) break;
  }
  return theirs.count;
}

/// Sets the hint of a sum; true where the two contradict each other.
bool merge_hints(FloatHistogram& h, CounterResetHint other) {
  CounterResetHint& hint = h.counter_reset_hint;
  if (other == hint || hint == CounterResetHint::kGauge) return false;
  if (other == CounterResetHint::kGauge) {
    hint = CounterResetHint::kGauge;
    return false;
  }
  bool collision = hint != CounterResetHint::kUnknown && other != CounterResetHint::kUnknown;
  hint = CounterResetHint::kUnknown;
  return collision;
}

/// Adds the custom buckets of `side` to those over `bounds`, which all are bounds of `side` too.
void map_custom_buckets(const BucketSide& side, const std::vector<double>& side_bounds,
                        double factor, const std::vector<double>& bounds, BucketSide& into) {
  for (size_t i = 0; i < side.size(); ++i) {
    size_t target = bounds.size();
    if (side.indexes[i] < static_cast<int64_t>(side_bounds.size()) && side.indexes[i] >= 0) {
      double bound = side_bounds[static_cast<size_t>(side.indexes[i])];
      target = static_cast<size_t>(std::lower_bound(bounds.begin(), bounds.end(), bound) -
                                   bounds.begin());
    }
    kahan_into(into.counts[target], into.compensations[target], factor * side.counts[i]);
    if (side.compensated()) {
      kahan_into(into.counts[target], into.compensations[target], side.compensations[i]);
    }
  }
}

BucketSide merged_custom(const BucketSide& a, const std::vector<double>& a_bounds,
                         const BucketSide& b, const std::vector<double>& b_bounds, double factor,
                         const std::vector<double>& bounds) {
  BucketSide all;
  all.counts.resize(bounds.size() + 1);
  all.compensations.resize(bounds.size() + 1);
  map_custom_buckets(a, a_bounds, 1, bounds, all);
  map_custom_buckets(b, b_bounds, factor, bounds, all);
  BucketSide result;
  for (size_t i = 0; i < all.counts.size(); ++i) {
    if (all.counts[i] == 0 && all.compensations[i] == 0) continue;
    result.indexes.push_back(static_cast<int64_t>(i));
    result.counts.push_back(all.counts[i]);
    if (a.compensated()) result.compensations.push_back(all.compensations[i]);
  }
  return result;
}

std::vector<double> common_bounds(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common;
}

/// The sides of a + factor * b, with `a`'s schema, bounds and zero bucket brought to the common
/// ones; `compensation` null or the compensation of `a`'s zero bucket.
void merge_into(FloatHistogram& a, Expanded& sides, const FloatHistogram& b, double factor,
                double* zero_compensation, HistogramMerge& outcome) {
  Expanded other = expand(b);
  if (a.uses_custom_buckets()) {
    if (a.custom_values == b.custom_values) {
      sides.positive = merged(sides.positive, other.positive, factor, a.schema, 0);
      return;
    }
    outcome.bounds_reconciled = true;
    std::vector<double> bounds = common_bounds(a.custom_values, b.custom_values);
    sides.positive = merged_custom(sides.positive, a.custom_values, other.positive, b.custom_values,
                                   factor, bounds);
    a.custom_values = std::move(bounds);
    return;
  }
  double other_compensation = 0;
  double zero = reconcile_zero_buckets(a, sides, zero_compensation, b, other_compensation);
  if (zero_compensation) {
    kahan_into(a.zero_count, *zero_compensation, zero);
    kahan_into(a.zero_count, *zero_compensation, other_compensation);
  } else {
    a.zero_count += factor * zero;
  }
  int32_t schema = std::min(a.schema, b.schema);
  if (zero_compensation && b.schema > schema) {
    other.positive.compensations.resize(other.positive.size());
    other.negative.compensations.resize(other.negative.size());
  }
  sides.positive =
      merged(reduced(sides.positive, a.schema, schema), reduced(other.positive, b.schema, schema),
             factor, schema, a.zero_threshold);
  sides.negative =
      merged(reduced(sides.negative, a.schema, schema), reduced(other.negative, b.schema, schema),
             factor, schema, a.zero_threshold);
  a.schema = schema;
}

/// Whether spans name `count` buckets and could not be fewer.
bool is_minimal(const std::vector<Span>& spans, size_t count) {
  size_t named = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].length == 0 || (i > 0 && spans[i].offset <= 0)) return false;
    named += spans[i].length;
  }
  return named == count;
}

/// Whether both sides of `b` have the buckets that `a` has, none of them in the zero bucket, so
/// that counts can be added one by one.
bool has_same_buckets(const FloatHistogram& a, const FloatHistogram& b) {
  auto outside = [&](const std::vector<Span>& spans) {
    return spans.empty() || a.uses_custom_buckets() || a.zero_threshold == 0 ||
           histogram_bound(spans[0].offset, a.schema, {}) > a.zero_threshold;
  };
  return a.schema == b.schema && a.zero_threshold == b.zero_threshold &&
         a.positive_spans == b.positive_spans && a.negative_spans == b.negative_spans &&
         a.custom_values == b.custom_values &&
         a.positive_buckets.size() == b.positive_buckets.size() &&
         a.negative_buckets.size() == b.negative_buckets.size() &&
         is_minimal(a.positive_spans, a.positive_buckets.size()) &&
         is_minimal(a.negative_spans, a.negative_buckets.size()) && outside(a.positive_spans) &&
         outside(a.negative_spans);
}

void add_counts(std::vector<double>& counts, double factor, const std::vector<double>& others) {
  for (size_t i = 0; i < counts.size(); ++i) counts[i] += factor * others[i];
}

std::optional<HistogramMerge> combine(FloatHistogram& a, const FloatHistogram& b, double factor) {
  if (a.uses_custom_buckets() != b.uses_custom_buckets()) return std::nullopt;
  HistogramMerge outcome;
  outcome.counter_reset_collision = merge_hints(a, b.counter_reset_hint);
  a.count += factor * b.count;
  a.sum += factor * b.sum;
  if (has_same_buckets(a, b)) {
    if (!a.uses_custom_buckets()) a.zero_count += factor * b.zero_count;
    add_counts(a.positive_buckets, factor, b.positive_buckets);
    add_counts(a.negative_buckets, factor, b.negative_buckets);
    return outcome;
  }
  Expanded sides = expand(a);
  merge_into(a, sides, b, factor, nullptr, outcome);
  collect(sides, a);
  return outcome;
}

}  // namespace

std::optional<HistogramMerge> add(FloatHistogram& a, const FloatHistogram& b) {
  return combine(a, b, 1);
}

std::optional<HistogramMerge> subtract(FloatHistogram& a, const FloatHistogram& b) {
  return combine(a, b, -1);
}

std::optional<HistogramMerge> kahan_add(FloatHistogram& sum, const FloatHistogram& other,
                                        std::optional<FloatHistogram>& compensation) {
  if (sum.uses_custom_buckets() != other.uses_custom_buckets()) return std::nullopt;
  HistogramMerge outcome;
  outcome.counter_reset_collision = merge_hints(sum, other.counter_reset_hint);
  if (!compensation) {
    compensation.emplace();
    compensation->positive_buckets.resize(sum.positive_buckets.size());
    compensation->negative_buckets.resize(sum.negative_buckets.size());
  }
  FloatHistogram& c = *compensation;
  kahan_into(sum.count, c.count, other.count);
  kahan_into(sum.sum, c.sum, other.sum);
  Expanded sides = expand(sum);
  sides.positive.compensations = std::move(c.positive_buckets);
  sides.negative.compensations = std::move(c.negative_buckets);
  sides.positive.compensations.resize(sides.positive.size());
  sides.negative.compensations.resize(sides.negative.size());
  bool empty_positive = sides.positive.size() == 0;
  bool empty_negative = sides.negative.size() == 0;
  merge_into(sum, sides, other, 1, &c.zero_count, outcome);
  if (empty_positive) sides.positive.compensations.resize(sides.positive.size());
  if (empty_negative) sides.negative.compensations.resize(sides.negative.size());
  collect(sides, sum);
  c.positive_buckets = std::move(sides.positive.compensations);
  c.negative_buckets = std::move(sides.negative.compensations);
  c.counter_reset_hint = sum.counter_reset_hint;
  c.schema = sum.schema;
  c.zero_threshold = sum.zero_threshold;
  c.custom_values = sum.custom_values;
  c.positive_spans = sum.positive_spans;
  c.negative_spans = sum.negative_spans;
  return outcome;
}

void multiply(FloatHistogram& h, double factor) {
  h.zero_count *= factor;
  h.count *= factor;
  h.sum *= factor;
  for (double& count : h.positive_buckets) count *= factor;
  for (double& count : h.negative_buckets) count *= factor;
  if (factor < 0) h.counter_reset_hint = CounterResetHint::kGauge;
}

void divide(FloatHistogram& h, double divisor) {
  h.zero_count /= divisor;
  h.count /= divisor;
  h.sum /= divisor;
  if (divisor == 0) {  // nothing sensible can be said of the buckets
    h.positive_spans.clear();
    h.positive_buckets.clear();
    h.negative_spans.clear();
    h.negative_buckets.clear();
    return;
  }
  for (double& count : h.positive_buckets) count /= divisor;
  for (double& count : h.negative_buckets) count /= divisor;
  if (divisor < 0) h.counter_reset_hint = CounterResetHint::kGauge;
}

void compact(FloatHistogram& h) {
  Expanded sides = expand(h);
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  remove_swallowed(sides.positive, h.schema, kNothing);
  remove_swallowed(sides.negative, h.schema, kNothing);
  collect(sides, h);
}

FloatHistogram copy_to_schema(const FloatHistogram& histogram, int32_t schema) {
  FloatHistogram result = histogram;
  if (schema >= histogram.schema || histogram.uses_custom_buckets()) return result;
  Expanded sides = expand(histogram);
  sides.positive = reduced(sides.positive, histogram.schema, schema);
  sides.negative = reduced(sides.negative, histogram.schema, schema);
  collect(sides, result);
  result.schema = schema;
  result.counter_reset_hint = CounterResetHint::kUnknown;
  return result;
}

bool equal_content(const FloatHistogram& a, const FloatHistogram& b) {
  auto same = [](double x, double y) {
    return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
  };
  auto all_same = [&](const std::vector<double>& x, const std::vector<double>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), same);
  };
  return a.schema == b.schema && same(a.count, b.count) && same(a.sum, b.sum) &&
         (!a.uses_custom_buckets() || a.custom_values == b.custom_values) &&
         a.zero_threshold == b.zero_threshold && same(a.zero_count, b.zero_count) &&
         a.negative_spans == b.negative_spans && a.positive_spans == b.positive_spans &&
         all_same(a.negative_buckets, b.negative_buckets) &&
         all_same(a.positive_buckets, b.positive_buckets);
}

bool has_overflow(const FloatHistogram& h) {
  auto any_infinite = [](const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return std::isinf(v); });
  };
  return std::isinf(h.zero_count) || std::isinf(h.count) || std::isinf(h.sum) ||
         any_infinite(h.positive_buckets) || any_infinite(h.negative_buckets) ||
         any_infinite(h.custom_values);
}

}  // namespace mnemo
