// SPDX-License-Identifier: Apache-2.0
#include "base/kahan_sum.hpp"
#include "model/histogram_buckets.hpp"
#include "promql/functions/elementwise.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace mnemo::promql {
namespace {

double count(const FloatHistogram& h) { return h.count; }
double sum(const FloatHistogram& h) { return h.sum; }
double average(const FloatHistogram& h) { return h.sum / h.count; }

/// The value that stands for all of a bucket.
double middle(const HistogramBucket& bucket, bool custom) {
  if (custom) return (bucket.upper + bucket.lower) / 2.0;
  if (bucket.lower <= 0 && bucket.upper >= 0) return 0;
  double mean = std::sqrt(bucket.upper * bucket.lower);
  return bucket.upper < 0 ? -mean : mean;
}

double variance(const FloatHistogram& h) {
  double mean = h.sum / h.count;
  KahanSum total;
  for (const HistogramBucket& bucket : histogram_buckets(h)) {
    if (bucket.count == 0) continue;
    double delta = middle(bucket, h.uses_custom_buckets()) - mean;
    total.add(bucket.count * delta * delta);
  }
  return total.total() / h.count;
}

double deviation(const FloatHistogram& h) { return std::sqrt(variance(h)); }

struct Named {
  std::string_view name;
  HistogramFunction function;
};

constexpr Named kFunctions[] = {
    {"histogram_count", count},      {"histogram_sum", sum},         {"histogram_avg", average},
    {"histogram_stddev", deviation}, {"histogram_stdvar", variance},
};

}  // namespace

HistogramFunction find_histogram_function(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const Named& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : found->function;
}

}  // namespace mnemo::promql
