// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

#include <optional>

namespace mnemo {

/// What happened while two histograms were brought together.
struct HistogramMerge {
  bool counter_reset_collision = false;  // one says reset, the other no reset
  bool bounds_reconciled = false;        // custom bounds differed: their common ones remain
};

/// a += b and a -= b, at the coarser schema and the larger zero bucket of both. Nothing (and `a`
/// unchanged) where one has custom buckets and the other has not.
std::optional<HistogramMerge> add(FloatHistogram& a, const FloatHistogram& b);
std::optional<HistogramMerge> subtract(FloatHistogram& a, const FloatHistogram& b);

/// sum += other, each number with its own compensation, which starts absent and has the layout of
/// `sum` afterwards.
std::optional<HistogramMerge> kahan_add(FloatHistogram& sum, const FloatHistogram& other,
                                        std::optional<FloatHistogram>& compensation);

void multiply(FloatHistogram& histogram, double factor);
void divide(FloatHistogram& histogram, double divisor);

/// Removes empty buckets and joins spans.
void compact(FloatHistogram& histogram);

/// Whether `histogram` cannot follow `previous` without a counter reset between them.
bool detect_reset(const FloatHistogram& histogram, const FloatHistogram& previous);

/// A copy at a coarser (or the same) schema. REQUIRES: no custom buckets, unless it is the same.
FloatHistogram copy_to_schema(const FloatHistogram& histogram, int32_t schema);

/// Equal bit for bit, reset hints aside. Both are to be compact.
bool equal_content(const FloatHistogram& a, const FloatHistogram& b);

/// Whether a number in it is infinite.
bool has_overflow(const FloatHistogram& histogram);

}  // namespace mnemo
