// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/scalar_math.hpp"
#include "promql/functions/buckets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mnemo::promql {
namespace {

void sort_and_merge(std::vector<ClassicBucket>& buckets) {
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const auto& a, const auto& b) { return a.upper_bound < b.upper_bound; });
  size_t kept = 0;
  for (size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[kept].upper_bound) {
      buckets[kept].count += buckets[i].count;
    } else {
      buckets[++kept] = buckets[i];
    }
  }
  buckets.resize(kept + 1);
}

bool almost_equal(double a, double b, double tolerance) {
  constexpr double kMinNormal = std::numeric_limits<double>::min();
  constexpr double kMax = std::numeric_limits<double>::max();
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  double sum = std::fabs(a) + std::fabs(b);
  double difference = std::fabs(a - b);
  if (a == 0 || b == 0 || sum < kMinNormal) return difference < tolerance * kMinNormal;
  return difference / std::min(sum, kMax) < tolerance;
}

/// Levels differences that come from rounding, silently, and decreases, which are told.
void make_monotonic(std::vector<ClassicBucket>& buckets, ClassicQuantile& result) {
  constexpr double kTolerance = 1e-12;
  result.min_bucket = kInfinity;
  result.max_bucket = -kInfinity;
  double before = buckets[0].count;
  for (size_t i = 1; i < buckets.size(); ++i) {
    double now = buckets[i].count;
    if (now == before) continue;
    if (almost_equal(before, now, kTolerance)) {
      buckets[i].count = before;
    } else if (now < before) {
      buckets[i].count = before;
      result.forced_monotonic = true;
      result.min_bucket = std::min(result.min_bucket, buckets[i].upper_bound);
      result.max_bucket = std::max(result.max_bucket, buckets[i].upper_bound);
      result.max_diff = std::max(result.max_diff, before - now);
    } else {
      before = now;
    }
  }
}

double interpolated(double q, const std::vector<ClassicBucket>& buckets) {
  if (buckets.size() < 2) return kNan;
  double observations = buckets.back().count;
  if (observations == 0) return kNan;
  double rank = q * observations;
  size_t low = 0;
  size_t high = buckets.size() - 1;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (buckets[middle].count >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (low == buckets.size() - 1) return buckets[buckets.size() - 2].upper_bound;
  if (low == 0 && buckets[0].upper_bound <= 0) return buckets[0].upper_bound;
  double start = 0;
  double end = buckets[low].upper_bound;
  double count = buckets[low].count;
  if (low > 0) {
    start = buckets[low - 1].upper_bound;
    count -= buckets[low - 1].count;
    rank -= buckets[low - 1].count;
  }
  return start + (end - start) * (rank / count);
}

/// Observations up to `bound`, and whether a bucket boundary or interpolation told.
double rank_of(double bound, const std::vector<ClassicBucket>& buckets) {
  double rank = 0;
  double lower = buckets[0].upper_bound <= 0 ? -kInfinity : 0.0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (i > 0) lower = buckets[i - 1].upper_bound;
    double upper = buckets[i].upper_bound;
    if (lower >= bound) return rank;
    if (upper > bound) {
      if (lower == -kInfinity) return buckets[i].count;
      return rank + (buckets[i].count - rank) * (bound - lower) / (upper - lower);
    }
    rank = buckets[i].count;
  }
  return buckets.back().count;
}

}  // namespace

ClassicQuantile classic_quantile(double q, std::vector<ClassicBucket>& buckets) {
  ClassicQuantile result;
  result.value = kNan;
  if (std::isnan(q)) return result;
  if (q < 0 || q > 1) {
    result.value = q < 0 ? -kInfinity : kInfinity;
    return result;
  }
  sort_and_merge(buckets);
  if (buckets.back().upper_bound != kInfinity) return result;
  make_monotonic(buckets, result);
  result.value = interpolated(q, buckets);
  return result;
}

double classic_fraction(double lower, double upper, std::vector<ClassicBucket>& buckets) {
  sort_and_merge(buckets);
  if (buckets.back().upper_bound != kInfinity) return kNan;
  double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  double lower_rank = std::min(rank_of(lower, buckets), count);
  double upper_rank = std::min(rank_of(upper, buckets), count);
  return (upper_rank - lower_rank) / count;
}

}  // namespace mnemo::promql
