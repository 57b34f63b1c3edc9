// SPDX-License-Identifier: Apache-2.0
#include "base/quote.hpp"
#include "model/histogram_buckets.hpp"
#include "promql/exec/scalar_math.hpp"
#include "promql/functions/buckets.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace mnemo::promql {
namespace {

void note(const HistogramNotes& notes, std::string text) {
  notes.annotations.info(with_metric_name(std::move(text), notes.metric_name), notes.position);
}

/// Cuts the zero bucket at 0 where all observations lie on one side of it.
void cut_zero_bucket(const FloatHistogram& h, HistogramBucket& bucket) {
  if (h.negative_buckets.empty() && !h.positive_buckets.empty()) bucket.lower = 0;
  if (h.positive_buckets.empty() && !h.negative_buckets.empty()) bucket.upper = 0;
}

/// A position within a bucket: linear in custom buckets and around zero, else on a logarithmic
/// scale, on which exponential buckets have the same width.
double value_within(const HistogramBucket& bucket, double fraction, bool custom) {
  if (custom || (bucket.lower <= 0 && bucket.upper >= 0)) {
    return bucket.lower + (bucket.upper - bucket.lower) * fraction;
  }
  double lower = std::log2(std::fabs(bucket.lower));
  double upper = std::log2(std::fabs(bucket.upper));
  if (bucket.lower > 0) return std::exp2(lower + (upper - lower) * fraction);
  return -std::exp2(upper + (lower - upper) * (1 - fraction));
}

/// The share of a bucket below `value`. REQUIRES: the bucket contains it.
double share_below(const HistogramBucket& bucket, double value, bool linear) {
  if (linear) return (value - bucket.lower) / (bucket.upper - bucket.lower);
  double lower = std::log2(std::fabs(bucket.lower));
  double upper = std::log2(std::fabs(bucket.upper));
  double at = std::log2(std::fabs(value));
  if (value > 0) return (at - lower) / (upper - lower);
  return 1 - ((at - upper) / (lower - upper));
}

double total_of(const std::vector<HistogramBucket>& buckets) {
  double total = 0;
  for (const HistogramBucket& bucket : buckets) total += bucket.count;
  return total;
}

struct Found {
  HistogramBucket bucket;
  double count = 0;  // of the buckets up to and including it, in the direction of the search
  bool last = true;  // no bucket comes after it
};

/// The bucket in which the count reaches `rank`; the last one that has any, if none does.
template <typename Iterator>
Found find_rank(Iterator begin, Iterator end, double rank) {
  Found found;
  for (auto it = begin; it != end; ++it) {
    found.bucket = *it;
    if (it->count == 0) continue;
    found.count += it->count;
    if (found.count < rank) continue;
    found.last = std::next(it) == end;
    break;
  }
  return found;
}

}  // namespace

double native_quantile(double q, const FloatHistogram& h, const HistogramNotes& notes) {
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  if (h.count == 0 || std::isnan(q)) return kNan;
  bool custom = h.uses_custom_buckets();
  bool has_nans = std::isnan(h.sum);
  bool forward = has_nans || q < 0.5;
  double rank = forward ? q * h.count : (1 - q) * h.count;
  std::vector<HistogramBucket> buckets = histogram_buckets(h);
  Found found = forward ? find_rank(buckets.begin(), buckets.end(), rank)
                        : find_rank(buckets.rbegin(), buckets.rend(), rank);
  HistogramBucket& bucket = found.bucket;
  if (custom) {
    if (bucket.lower == -kInfinity) {
      if (bucket.upper <= 0) return bucket.upper;
      bucket.lower = 0;
    } else if (bucket.upper == kInfinity) {
      return bucket.lower;
    }
  } else if (bucket.lower < 0 && bucket.upper > 0) {
    cut_zero_bucket(h, bucket);
  }
  double count = std::min(found.count, h.count);
  if (count < rank) {
    if (!has_nans) return bucket.upper;
    note(notes, "input to histogram_quantile has NaN observations, result is NaN");
    return kNan;
  }
  rank = forward ? rank - (count - bucket.count) : count - rank;
  if (has_nans) {
    if (total_of(buckets) < h.count) {
      note(notes, "input to histogram_quantile has NaN observations, result is skewed higher");
    }
    // As Prometheus has it: the search for more observations ends in the last bucket.
    if (!found.last) bucket = buckets.back();
  }
  return value_within(bucket, rank / bucket.count, custom);
}

double native_fraction(double lower, double upper, const FloatHistogram& h,
                       const HistogramNotes& notes) {
  if (h.count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  std::vector<HistogramBucket> buckets = histogram_buckets(h);
  auto rank_of = [&](double bound) {
    double rank = 0;
    for (HistogramBucket bucket : buckets) {
      bool is_zero = bucket.lower <= 0 && bucket.upper >= 0;
      if (is_zero) cut_zero_bucket(h, bucket);
      if (bucket.lower >= bound) return rank;
      if (bucket.upper > bound) {
        bool linear = is_zero || h.uses_custom_buckets();
        if (linear && bucket.lower == -kInfinity) return bucket.count;
        return rank + bucket.count * share_below(bucket, bound, linear);
      }
      rank += bucket.count;
    }
    return kInfinity;  // beyond all buckets
  };
  double count = h.count;
  if (std::isnan(h.sum)) {
    count = total_of(buckets);
    if (count < h.count) {
      note(notes,
           "input to histogram_fraction has NaN observations, which are excluded from all "
           "fractions");
    }
  }
  double lower_rank = std::min(rank_of(lower), count);
  double upper_rank = std::min(rank_of(upper), count);
  return (upper_rank - lower_rank) / h.count;
}

}  // namespace mnemo::promql
