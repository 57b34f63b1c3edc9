// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_writer.hpp"
#include "chunkenc/xor_window.hpp"

#include <mnemo/histogram.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnemo {

/// A number that is written as delta of deltas; wraps where it overflows.
struct DeltaWriter {
  uint64_t value = 0;
  uint64_t delta = 0;

  /// Goes on to `next` and returns what is to be written.
  int64_t step(uint64_t next) {
    uint64_t new_delta = next - value;
    auto change = static_cast<int64_t>(new_delta - delta);
    delta = new_delta;
    value = next;
    return change;
  }
};

/// A number that is written by XOR with the one before.
struct XorWriter {
  uint64_t bits = 0;
  XorWindow window;

  double value() const { return std::bit_cast<double>(bits); }
  void start(BitWriter& out, double first) {
    bits = std::bit_cast<uint64_t>(first);
    window = {};
    out.bits(bits, 64);
  }
  void write(BitWriter& out, double next) {
    auto next_bits = std::bit_cast<uint64_t>(next);
    window.write(out, next_bits ^ bits);
    bits = next_bits;
  }
};

/// What a chunk of histograms of one kind remembers of its last sample, and how it writes the next
/// one's numbers (its time excepted). Stale markers come as empty histograms.
template <typename AnyHistogram>
class HistogramWriter;

template <>
class HistogramWriter<Histogram> {
 public:
  using BucketValue = int64_t;

  uint64_t count() const { return count_.value; }
  uint64_t zero_count() const { return zero_count_.value; }
  double sum() const { return sum_.value(); }
  /// Absolute bucket counts.
  std::vector<int64_t> positive() const { return absolute_of(positive_); }
  std::vector<int64_t> negative() const { return absolute_of(negative_); }
  static std::vector<int64_t> absolute(const std::vector<int64_t>& deltas) {
    std::vector<int64_t> counts;
    counts.reserve(deltas.size());
    uint64_t current = 0;
    for (int64_t delta : deltas) {
      counts.push_back(static_cast<int64_t>(current += static_cast<uint64_t>(delta)));
    }
    return counts;
  }

  void write_first(BitWriter& out, const Histogram& h) {
    count_ = {h.count, 0};
    zero_count_ = {h.zero_count, 0};
    out.varbit_uint(h.count);
    out.varbit_uint(h.zero_count);
    sum_.start(out, h.sum);
    start_buckets(out, h.positive_buckets, positive_);
    start_buckets(out, h.negative_buckets, negative_);
  }

  void write_next(BitWriter& out, const Histogram& h) {
    int64_t count_change = count_.step(h.count);
    int64_t zero_count_change = zero_count_.step(h.zero_count);
    bool is_stale = is_stale_nan(h.sum);
    out.varbit_int(is_stale ? 0 : count_change);
    out.varbit_int(is_stale ? 0 : zero_count_change);
    sum_.write(out, h.sum);
    write_buckets(out, h.positive_buckets, positive_);
    write_buckets(out, h.negative_buckets, negative_);
  }

 private:
  static std::vector<int64_t> absolute_of(const std::vector<DeltaWriter>& buckets) {
    std::vector<int64_t> counts;
    counts.reserve(buckets.size());
    uint64_t current = 0;
    for (const auto& bucket : buckets) {
      counts.push_back(static_cast<int64_t>(current += bucket.value));
    }
    return counts;
  }

  static void start_buckets(BitWriter& out, const std::vector<int64_t>& from,
                            std::vector<DeltaWriter>& buckets) {
    buckets.assign(from.size(), {});
    for (size_t i = 0; i < from.size(); ++i) {
      buckets[i].value = static_cast<uint64_t>(from[i]);
      out.varbit_int(from[i]);
    }
  }

  static void write_buckets(BitWriter& out, const std::vector<int64_t>& from,
                            std::vector<DeltaWriter>& buckets) {
    for (size_t i = 0; i < from.size(); ++i) {
      out.varbit_int(buckets[i].step(static_cast<uint64_t>(from[i])));
    }
  }

  DeltaWriter count_;
  DeltaWriter zero_count_;
  XorWriter sum_;
  std::vector<DeltaWriter> positive_;
  std::vector<DeltaWriter> negative_;
};

template <>
class HistogramWriter<FloatHistogram> {
 public:
  using BucketValue = double;

  double count() const { return count_.value(); }
  double zero_count() const { return zero_count_.value(); }
  double sum() const { return sum_.value(); }
  std::vector<double> positive() const { return values_of(positive_); }
  std::vector<double> negative() const { return values_of(negative_); }
  static const std::vector<double>& absolute(const std::vector<double>& counts) { return counts; }

  void write_first(BitWriter& out, const FloatHistogram& h) {
    count_.start(out, h.count);
    zero_count_.start(out, h.zero_count);
    sum_.start(out, h.sum);
    start_buckets(out, h.positive_buckets, positive_);
    start_buckets(out, h.negative_buckets, negative_);
  }

  void write_next(BitWriter& out, const FloatHistogram& h) {
    count_.write(out, h.count);
    zero_count_.write(out, h.zero_count);
    sum_.write(out, h.sum);
    write_buckets(out, h.positive_buckets, positive_);
    write_buckets(out, h.negative_buckets, negative_);
  }

 private:
  static std::vector<double> values_of(const std::vector<XorWriter>& buckets) {
    std::vector<double> counts;
    counts.reserve(buckets.size());
    for (const auto& bucket : buckets) counts.push_back(bucket.value());
    return counts;
  }

  static void start_buckets(BitWriter& out, const std::vector<double>& from,
                            std::vector<XorWriter>& buckets) {
    buckets.resize(from.size());
    for (size_t i = 0; i < from.size(); ++i) buckets[i].start(out, from[i]);
  }

  static void write_buckets(BitWriter& out, const std::vector<double>& from,
                            std::vector<XorWriter>& buckets) {
    for (size_t i = 0; i < from.size(); ++i) buckets[i].write(out, from[i]);
  }

  XorWriter count_;
  XorWriter zero_count_;
  XorWriter sum_;
  std::vector<XorWriter> positive_;
  std::vector<XorWriter> negative_;
};

}  // namespace mnemo
