// SPDX-License-Identifier: Apache-2.0
#include "model/histogram_trim.hpp"

#include "model/bucket_side.hpp"
#include "model/histogram_buckets.hpp"
#include "model/histogram_math.hpp"

#include <cmath>

namespace mnemo {
namespace {

/// What stays of a bucket, and the value that stands for it.
struct Kept {
  double count = 0;
  double middle = 0;
};

double zero_if_infinite(double value) { return std::isinf(value) ? 0 : value; }

/// The middle of an interval: arithmetic where buckets are linear, else geometric; towards the
/// finite end where the other is infinite.
double middle_of(double lower, double upper, bool positive, bool linear) {
  if (std::isinf(lower)) {
    if (std::isinf(upper)) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (std::isinf(upper)) return lower;
  if (linear) return (lower + upper) / 2;
  double mean = std::sqrt(std::fabs(lower * upper));
  return positive ? mean : -mean;
}

/// A cut through a bucket that begins at -Inf, whose observations are taken to begin at 0 where it
/// reaches above that.
Kept cut_first(const HistogramBucket& b, double bound, TrimSide side) {
  bool spread = b.upper > 0 && !std::isinf(b.upper);
  if (side == TrimSide::kUpper) {
    if (bound >= b.upper) return {b.count, 0};
    if (bound > 0 && spread) return {b.count * bound / b.upper, bound / 2};
    if (b.upper <= 0) return {b.count, bound};
    return {0, zero_if_infinite(b.upper)};
  }
  if (bound <= b.lower) return {b.count, 0};
  if (bound >= 0 && b.upper > bound && !std::isinf(b.upper)) {
    return {b.count * (1 - bound / b.upper), (bound + b.upper) / 2};
  }
  return {0, zero_if_infinite(b.upper)};
}

/// A cut through a bucket that ends at +Inf.
Kept cut_last(const HistogramBucket& b, double bound, TrimSide side) {
  if (side == TrimSide::kLower && bound >= b.lower) return {b.count, bound};
  return {0, zero_if_infinite(b.lower)};
}

/// The share of a bucket below `value`, which lies within it.
double share_below(const HistogramBucket& b, double value, bool linear) {
  if (linear) return (value - b.lower) / (b.upper - b.lower);
  double lower = std::log2(std::fabs(b.lower));
  double upper = std::log2(std::fabs(b.upper));
  double at = std::log2(std::fabs(value));
  if (value > 0) return (at - lower) / (upper - lower);
  return 1 - ((at - upper) / (lower - upper));
}

Kept cut(const HistogramBucket& b, double bound, TrimSide side, bool positive, bool linear) {
  if (std::isinf(b.lower) && b.lower < 0) return cut_first(b, bound, side);
  if (std::isinf(b.upper) && b.upper > 0) return cut_last(b, bound, side);
  double below = b.count * share_below(b, bound, linear);
  if (side == TrimSide::kUpper) return {below, middle_of(b.lower, bound, positive, linear)};
  return {b.count - below, middle_of(bound, b.upper, positive, linear)};
}

/// The zero bucket spreads evenly, and only to the sides that have observations.
Kept cut_zero(const FloatHistogram& h, double bound, TrimSide side, bool has_negative,
              bool has_positive) {
  double lower = has_positive && !has_negative ? 0 : -h.zero_threshold;
  double upper = has_negative && !has_positive ? 0 : h.zero_threshold;
  Kept all{h.zero_count, (lower + upper) / 2};
  if (side == TrimSide::kUpper) {
    if (bound <= lower) return {};
    if (bound >= upper) return all;
    return {h.zero_count * ((bound - lower) / (upper - lower)), (lower + bound) / 2};
  }
  if (bound <= lower) return all;
  if (bound >= upper) return {};
  return {h.zero_count * ((upper - bound) / (upper - lower)), (bound + upper) / 2};
}

class Trimmer {
 public:
  Trimmer(FloatHistogram& histogram, double bound, TrimSide side)
      : h_(histogram), bound_(bound), side_(side) {}

  void run() {
    bool has_positive = trim_side(h_.positive_spans, h_.positive_buckets, true);
    bool has_negative = trim_side(h_.negative_spans, h_.negative_buckets, false);
    if (h_.zero_count > 0) {
      Kept kept = cut_zero(h_, bound_, side_, has_negative, has_positive);
      trimmed_ = trimmed_ || kept.count != h_.zero_count;
      h_.zero_count = kept.count;
      sum_ += kept.middle * kept.count;
      count_ += kept.count;
    }
    if (!trimmed_) return;
    h_.count = count_;
    h_.sum = sum_;
    compact(h_);
  }

 private:
  /// Whether the side had any observations.
  bool trim_side(const std::vector<Span>& spans, std::vector<double>& counts, bool positive) {
    bool any = false;
    BucketSide side = expand_buckets(spans, counts);
    for (size_t i = 0; i < side.size(); ++i) {
      if (counts[i] == 0) continue;
      any = true;
      Kept kept = keep(histogram_bucket(h_, positive, side.indexes[i], counts[i]), positive);
      trimmed_ = trimmed_ || kept.count != counts[i];
      counts[i] = kept.count;
      count_ += kept.count;
      sum_ += kept.middle * kept.count;
    }
    return any;
  }

  Kept keep(const HistogramBucket& b, bool positive) const {
    bool linear = h_.uses_custom_buckets();
    bool inside = side_ == TrimSide::kUpper ? b.upper <= bound_ : b.lower >= bound_;
    if (inside) return {b.count, middle_of(b.lower, b.upper, positive, linear)};
    bool reached = side_ == TrimSide::kUpper ? b.lower < bound_ : b.upper > bound_;
    return reached ? cut(b, bound_, side_, positive, linear) : Kept{};
  }

  FloatHistogram& h_;
  double bound_;
  TrimSide side_;
  double count_ = 0;
  double sum_ = 0;
  bool trimmed_ = false;
};

}  // namespace

void trim_buckets(FloatHistogram& histogram, double bound, TrimSide side) {
  Trimmer(histogram, bound, side).run();
}

}  // namespace mnemo
