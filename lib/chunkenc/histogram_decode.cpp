// SPDX-License-Identifier: Apache-2.0
//
// Decoding of histogram and float histogram chunks. Bound by one variable-width number a bucket and
// by the allocation of each sample's buckets.
#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_layout.hpp"

#include <memory>
#include <string>
#include <utility>

namespace mnemo {
namespace {

constexpr size_t kHeaderSize = 3;  // number of samples, flags

/// A number that is stored as delta of deltas; wraps where hostile bytes overflow it.
struct DeltaNumber {
  uint64_t value = 0;
  uint64_t delta = 0;

  void step(int64_t delta_of_deltas) {
    delta += static_cast<uint64_t>(delta_of_deltas);
    value += delta;
  }
};

/// The state of a chunk of integer histograms after one of its samples.
struct IntegerState {
  DeltaNumber time;
  DeltaNumber count;
  DeltaNumber zero_count;
  XorNumber sum;
  std::vector<DeltaNumber> positive;
  std::vector<DeltaNumber> negative;

  void size_for(const HistogramLayout& layout) {
    positive.resize(layout.positive_buckets);
    negative.resize(layout.negative_buckets);
  }

  bool read_first(BitReader& reader) {
    time.value = static_cast<uint64_t>(reader.varbit_int());
    count.value = reader.varbit_uint();
    zero_count.value = reader.varbit_uint();
    sum.start(reader.real());
    for (auto& bucket : positive) bucket.value = static_cast<uint64_t>(reader.varbit_int());
    for (auto& bucket : negative) bucket.value = static_cast<uint64_t>(reader.varbit_int());
    return !reader.failed();
  }

  bool read_next(BitReader& reader) {
    time.step(reader.varbit_int());
    count.step(reader.varbit_int());
    zero_count.step(reader.varbit_int());
    if (!sum.read(reader)) return false;
    if (!is_stale_nan(sum.value())) {
      for (auto& bucket : positive) bucket.step(reader.varbit_int());
      for (auto& bucket : negative) bucket.step(reader.varbit_int());
    }
    return !reader.failed();
  }

  Histogram histogram(const HistogramLayout& layout, CounterResetHint hint) const {
    Histogram result;
    result.sum = sum.value();
    if (is_stale_nan(result.sum)) return result;
    layout.apply_to(result);
    result.counter_reset_hint = hint;
    result.count = count.value;
    result.zero_count = zero_count.value;
    for (const auto& bucket : positive) {
      result.positive_buckets.push_back(static_cast<int64_t>(bucket.value));
    }
    for (const auto& bucket : negative) {
      result.negative_buckets.push_back(static_cast<int64_t>(bucket.value));
    }
    return result;
  }

  FloatHistogram float_histogram(const HistogramLayout& layout, CounterResetHint hint) const {
    FloatHistogram result;
    result.sum = sum.value();
    if (is_stale_nan(result.sum)) return result;
    layout.apply_to(result);
    result.counter_reset_hint = hint;
    result.count = static_cast<double>(count.value);
    result.zero_count = static_cast<double>(zero_count.value);
    append_absolute(positive, result.positive_buckets);
    append_absolute(negative, result.negative_buckets);
    return result;
  }

 private:
  static void append_absolute(const std::vector<DeltaNumber>& deltas, std::vector<double>& counts) {
    counts.reserve(deltas.size());
    uint64_t current = 0;
    for (const auto& delta : deltas) {
      current += delta.value;
      counts.push_back(static_cast<double>(static_cast<int64_t>(current)));
    }
  }
};

/// The state of a chunk of float histograms after one of its samples.
struct FloatState {
  DeltaNumber time;
  XorNumber count;
  XorNumber zero_count;
  XorNumber sum;
  std::vector<XorNumber> positive;
  std::vector<XorNumber> negative;

  void size_for(const HistogramLayout& layout) {
    positive.resize(layout.positive_buckets);
    negative.resize(layout.negative_buckets);
  }

  bool read_first(BitReader& reader) {
    time.value = static_cast<uint64_t>(reader.varbit_int());
    count.start(reader.real());
    zero_count.start(reader.real());
    sum.start(reader.real());
    for (auto& bucket : positive) bucket.start(reader.real());
    for (auto& bucket : negative) bucket.start(reader.real());
    return !reader.failed();
  }

  bool read_next(BitReader& reader) {
    time.step(reader.varbit_int());
    if (!count.read(reader) || !zero_count.read(reader) || !sum.read(reader)) return false;
    if (!is_stale_nan(sum.value())) {
      for (auto& bucket : positive) {
        if (!bucket.read(reader)) return false;
      }
      for (auto& bucket : negative) {
        if (!bucket.read(reader)) return false;
      }
    }
    return !reader.failed();
  }

  FloatHistogram float_histogram(const HistogramLayout& layout, CounterResetHint hint) const {
    FloatHistogram result;
    result.sum = sum.value();
    if (is_stale_nan(result.sum)) return result;
    layout.apply_to(result);
    result.counter_reset_hint = hint;
    result.count = count.value();
    result.zero_count = zero_count.value();
    result.positive_buckets.reserve(positive.size());
    result.negative_buckets.reserve(negative.size());
    for (const auto& bucket : positive) result.positive_buckets.push_back(bucket.value());
    for (const auto& bucket : negative) result.negative_buckets.push_back(bucket.value());
    return result;
  }
};

/// Walks a chunk with a decoder state of either kind and hands the states of the samples within
/// `range` to `visit(time, state, layout, hint)`.
template <typename State, typename Visit>
Status walk(std::span<const uint8_t> data, TimeRange range, const Visit& visit) {
  MNEMO_TRY(size_t count, chunk_sample_count(data));
  if (data.size() < kHeaderSize) {
    return Status::data_loss("histogram chunk is shorter than its header");
  }
  if (count == 0) return {};
  uint8_t flags = data[2];
  BitReader reader(data.subspan(kHeaderSize));
  MNEMO_TRY(auto layout, read_histogram_layout(reader));
  State state;
  state.size_for(layout);
  for (size_t i = 0; i < count; ++i) {
    if (!(i == 0 ? state.read_first(reader) : state.read_next(reader))) {
      return Status::data_loss("histogram chunk: sample " + std::to_string(i) + " of " +
                               std::to_string(count) + " is malformed or cut off");
    }
    auto time = static_cast<int64_t>(state.time.value);
    if (time > range.max) return {};
    if (time >= range.min) visit(time, state, layout, hint_on_reading(flags, i));
  }
  return {};
}

void truncate(SampleColumn& out, size_t size) {
  out.times.resize(size);
  out.values.resize(size);
  if (!out.histograms.empty()) out.histograms.resize(size);
  if (!out.start_times.empty()) out.start_times.resize(size);
}

template <typename State>
Status decode_into(std::span<const uint8_t> data, TimeRange range, SampleColumn& out) {
  size_t base = out.size();
  auto status = walk<State>(
      data, range,
      [&](int64_t time, const State& state, const auto& layout, CounterResetHint hint) {
        out.append(time,
                   std::make_shared<const FloatHistogram>(state.float_histogram(layout, hint)));
      });
  if (!status.ok()) truncate(out, base);
  return status;
}

}  // namespace

Status decode_histograms(std::span<const uint8_t> data, TimeRange range, SampleColumn& out) {
  return decode_into<IntegerState>(data, range, out);
}

Status decode_float_histograms(std::span<const uint8_t> data, TimeRange range, SampleColumn& out) {
  return decode_into<FloatState>(data, range, out);
}

Status decode_histogram_chunk(std::span<const uint8_t> data, TimeRange range,
                              std::vector<HistogramSample>& out) {
  size_t base = out.size();
  auto status = walk<IntegerState>(
      data, range,
      [&](int64_t time, const IntegerState& state, const auto& layout, CounterResetHint hint) {
        out.push_back({time, state.histogram(layout, hint)});
      });
  if (!status.ok()) out.resize(base);
  return status;
}

}  // namespace mnemo
