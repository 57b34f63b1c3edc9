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
  FloatHistogram whole = histogram;
  whole.zero_threshold = 0;  // bounds are printed uncut
  std::string out = "{count:" + float_general(histogram.count);
  out += ", sum:" + float_general(histogram.sum);
  for (HistogramBucket bucket : histogram_buckets(whole)) {
    if (bucket.count == 0) continue;
    if (bucket.lower == 0 && bucket.upper == 0) {
      bucket.lower = -histogram.zero_threshold;
      bucket.upper = histogram.zero_threshold;
    }
    append_bucket(out, bucket);
  }
  out += '}';
  return out;
}

}  // namespace mnemo
