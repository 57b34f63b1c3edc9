// SPDX-License-Identifier: Apache-2.0
//
// Decoding of histogram and float histogram chunks. Bound by one variable-width number a bucket and
// by the allocation of each sample's buckets.
#include "chunkenc/column.hpp"
#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_layout.hpp"
#include "chunkenc/start_times.hpp"

#include <memory>
#include <string>
#include <utility>

namespace mnemo {
namespace {

constexpr size_t kHeaderSize = 3;
constexpr uint8_t kFlagsMask = 0xc0;
/// Each sample gets a copy of the layout's spans and custom values, which take bits only once.
constexpr size_t kMaxCopiedElements = 8 << 20;

/// What the first three bytes say. With start timestamps the third tells where these begin, and the
/// flags are the top two bits of the number of samples.
struct Header {
  size_t count;
  uint8_t flags;
  StartTimeReader starts;
};

Result<Header> read_header(std::span<const uint8_t> data, StartTimes start_times) {
  if (data.size() < kHeaderSize) {
    return Status::data_loss("histogram chunk is shorter than its header");
  }
  auto count = static_cast<size_t>(data[0] << 8 | data[1]);
  if (start_times == StartTimes::kNone) return Header{count, data[2], StartTimeReader(0)};
  return Header{count & (kFlagsMask << 8 ^ 0xffff), data[0],
                StartTimeReader(data[StartTimeHeader::kPosition])};
}

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

Status check_copies(const HistogramLayout& layout, size_t samples) {
  size_t elements =
      layout.positive_spans.size() + layout.negative_spans.size() + layout.custom_values.size();
  if (elements <= kMaxCopiedElements / samples) return {};
  return Status::data_loss("histogram chunk: " + std::to_string(elements) +
                           " spans and custom values for " + std::to_string(samples) + " samples");
}

/// Walks a chunk with a decoder state of either kind and hands the states of the samples within
/// `range` to `visit(time, start_time, state, layout, hint)`.
template <typename State, typename Visit>
Status walk(std::span<const uint8_t> data, const Header& header, TimeRange range,
            const Visit& visit) {
  if (header.count == 0) return {};
  BitReader reader(data.subspan(kHeaderSize));
  MNEMO_TRY(auto layout, read_histogram_layout(reader));
  MNEMO_RETURN_IF_ERROR(check_copies(layout, header.count));
  State state;
  state.size_for(layout);
  auto starts = header.starts;
  for (size_t i = 0; i < header.count; ++i) {
    auto previous = static_cast<int64_t>(state.time.value);
    bool good = i == 0 ? state.read_first(reader) : state.read_next(reader);
    auto time = static_cast<int64_t>(state.time.value);
    int64_t start = starts.read(reader, i, time, previous);
    if (!good || reader.failed()) {
      return Status::data_loss("histogram chunk: sample " + std::to_string(i) + " of " +
                               std::to_string(header.count) + " is malformed or cut off");
    }
    if (time > range.max) return {};
    if (time >= range.min) visit(time, start, state, layout, hint_on_reading(header.flags, i));
  }
  return {};
}

template <typename State>
Status decode_into(std::span<const uint8_t> data, StartTimes start_times, TimeRange range,
                   SampleColumn& out) {
  MNEMO_TRY(auto header, read_header(data, start_times));
  size_t base = out.size();
  if (header.starts.any()) out.start_times.resize(base);
  auto status = walk<State>(data, header, range,
                            [&](int64_t time, int64_t start, const State& state, const auto& layout,
                                CounterResetHint hint) {
                              if (out.histograms.empty()) out.histograms.resize(out.size());
                              auto histogram = std::make_shared<const FloatHistogram>(
                                  state.float_histogram(layout, hint));
                              out.times.push_back(time);
                              out.values.push_back(histogram->sum);
                              out.histograms.push_back(std::move(histogram));
                              if (header.starts.any()) out.start_times.push_back(start);
                            });
  resize_column(out, status.ok() ? out.size() : base);
  return status;
}

}  // namespace

Status decode_histograms(std::span<const uint8_t> data, StartTimes start_times, TimeRange range,
                         SampleColumn& out) {
  return decode_into<IntegerState>(data, start_times, range, out);
}

Status decode_float_histograms(std::span<const uint8_t> data, StartTimes start_times,
                               TimeRange range, SampleColumn& out) {
  return decode_into<FloatState>(data, start_times, range, out);
}

Status decode_histogram_chunk(const Chunk& chunk, TimeRange range,
                              std::vector<HistogramSample>& out) {
  auto start_times =
      chunk.encoding == ChunkEncoding::kHistogramSt ? StartTimes::kStored : StartTimes::kNone;
  if (start_times == StartTimes::kNone && chunk.encoding != ChunkEncoding::kHistogram) {
    return Status::invalid_argument("not a chunk of integer histograms");
  }
  MNEMO_TRY(auto header, read_header(chunk.data, start_times));
  size_t base = out.size();
  auto status = walk<IntegerState>(chunk.data, header, range,
                                   [&](int64_t time, int64_t start, const IntegerState& state,
                                       const auto& layout, CounterResetHint hint) {
                                     out.push_back({time, state.histogram(layout, hint), start});
                                   });
  if (!status.ok()) out.resize(base);
  return status;
}

}  // namespace mnemo
