// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace mnemo {

/// What is known about a counter reset before a histogram sample; the numbers are those of the
/// chunk formats and of protobuf.
enum class CounterResetHint : uint8_t { kUnknown = 0, kReset = 1, kNotReset = 2, kGauge = 3 };

/// A run of buckets: `offset` is the gap to the end of the previous span (or, for the first, the
/// index of its first bucket), `length` the number of buckets.
struct Span {
  int32_t offset = 0;
  uint32_t length = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// The schema number that marks custom bucket boundaries.
inline constexpr int32_t kCustomBucketsSchema = -53;

/// The value that marks a series as gone; a NaN with this bit pattern (Prometheus' StaleNaN).
inline constexpr uint64_t kStaleNanBits = 0x7ff0000000000002ULL;
/// The NaN that arithmetic produces in Prometheus.
inline constexpr uint64_t kNormalNanBits = 0x7ff8000000000001ULL;

inline bool is_stale_nan(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }
double stale_nan();

/// A native histogram with float counts. Buckets are absolute counts, in the order of the spans.
/// `custom_values` holds the upper boundaries when `schema` is kCustomBucketsSchema.
/// Format: Prometheus model/histogram.
struct FloatHistogram {
  CounterResetHint counter_reset_hint = CounterResetHint::kUnknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<double> positive_buckets;
  std::vector<double> negative_buckets;
  std::vector<double> custom_values;

  bool uses_custom_buckets() const { return schema == kCustomBucketsSchema; }
};

/// A native histogram with integer counts. Buckets are deltas to the bucket before (the first is
/// absolute), as the chunks and the exposition hold them.
struct Histogram {
  CounterResetHint counter_reset_hint = CounterResetHint::kUnknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  uint64_t zero_count = 0;
  uint64_t count = 0;
  double sum = 0;
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<int64_t> positive_buckets;
  std::vector<int64_t> negative_buckets;
  std::vector<double> custom_values;

  FloatHistogram to_float() const;
};

}  // namespace mnemo
