// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/annotations.hpp"

#include <mnemo/histogram.hpp>

#include <string_view>
#include <vector>

namespace mnemo::promql {

/// One bucket of a classic histogram: how many observations up to its bound.
struct ClassicBucket {
  double upper_bound = 0;
  double count = 0;
};

struct ClassicQuantile {
  double value = 0;
  bool forced_monotonic = false;  // counts fell from one bucket to a larger one
  double min_bucket = 0;
  double max_bucket = 0;
  double max_diff = 0;
};

/// The quantile of a classic histogram. `buckets` is sorted and merged. REQUIRES: not empty.
ClassicQuantile classic_quantile(double q, std::vector<ClassicBucket>& buckets);

/// The share of observations between two bounds. `buckets` as above.
double classic_fraction(double lower, double upper, std::vector<ClassicBucket>& buckets);

/// What the native counterparts need to annotate.
struct HistogramNotes {
  Annotations& annotations;
  std::string_view metric_name;
  PositionRange position;
};

double native_quantile(double q, const FloatHistogram& histogram, const HistogramNotes& notes);
double native_fraction(double lower, double upper, const FloatHistogram& histogram,
                       const HistogramNotes& notes);

}  // namespace mnemo::promql
