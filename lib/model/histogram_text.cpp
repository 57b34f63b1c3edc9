// SPDX-License-Identifier: Apache-2.0
#include "model/histogram_text.hpp"

#include "base/number_text.hpp"
#include "model/histogram_buckets.hpp"

namespace mnemo {
namespace {

void append_bucket(std::string& out, const HistogramBucket& bucket) {
  out += ", ";
  out += bucket.lower_inclusive ? '[' : '(';
  append_float_general(out, bucket.lower);
  out += ',';
  append_float_general(out, bucket.upper);
  out += bucket.upper_inclusive ? ']' : ')';
  out += ':';
  append_float_general(out, bucket.count);
}

}  // namespace

std::string to_string(const FloatHistogram& histogram) {
  FloatHistogram sides = histogram;  // whose bounds are printed uncut
  sides.zero_threshold = 0;
  sides.zero_count = 0;
  HistogramBucket zero{-histogram.zero_threshold, histogram.zero_threshold, histogram.zero_count,
                       true, true};
  std::string out = "{count:" + float_general(histogram.count);
  out += ", sum:" + float_general(histogram.sum);
  for (const HistogramBucket& bucket : histogram_buckets(sides)) {
    if (bucket.lower >= 0 && zero.count != 0) {
      append_bucket(out, zero);
      zero.count = 0;
    }
    if (bucket.count != 0) append_bucket(out, bucket);
  }
  if (zero.count != 0) append_bucket(out, zero);
  out += '}';
  return out;
}

}  // namespace mnemo
