// SPDX-License-Identifier: Apache-2.0
//
// Raw floats are bound by the latency of one addition a sample (sum and counter go side by side);
// encoding adds five XOR samples a window. Measured by bench/downsample.cpp.
#include "downsample/float_aggregates.hpp"

#include "chunkenc/counter_resets.hpp"
#include "chunkenc/xor_encode.hpp"
#include "downsample/rising.hpp"
#include "downsample/windows.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace mnemo::downsample {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();

/// A counter without its resets: what it counted since the first value, on top of that.
struct Counter {
  double total = -0.0;  // plus the first value is that value, a negative zero too
  double last = 0;

  void add(double value) {
    // Not a branch, which gauges would have mispredicted every other time.
    uint64_t is_reset = value < last ? 1 : 0;
    total += value - std::bit_cast<double>(std::bit_cast<uint64_t>(last) & (is_reset - 1));
    last = value;
  }
};

struct WindowAggregates {
  double sum = 0;
  double min = kMost;
  double max = -kMost;
  Counter counter;
};

/// Not inlined: among the calls around it, the compiler keeps these numbers in memory.
[[gnu::noinline]] WindowAggregates aggregate_window(std::span<const double> values,
                                                    Counter counter) {
  double sum = 0;
  double min = kMost;
  double max = -kMost;
  for (double value : values) {
    sum += value;
    min = value < min ? value : min;
    max = value > max ? value : max;
    counter.add(value);
  }
  return {sum, min, max, counter};
}

/// Writes one part of an aggregate chunk.
class PartWriter {
 public:
  void append(int64_t time, double value) {
    append_outside(time, value);
    min_time_ = std::min(min_time_, time);
    max_time_ = std::max(max_time_, time);
  }
  /// A sample whose time doesn't count: the counter's first and last one.
  void append_outside(int64_t time, double value) {
    overflows_ |= encoder_.size() == XorEncoder::kMaxSamples;
    if (!overflows_) encoder_.append(time, value);
  }
  bool empty() const { return encoder_.size() == 0; }
  /// Whether there were more samples than a chunk can hold.
  bool overflows() const { return overflows_; }
  int64_t min_time() const { return min_time_; }
  int64_t max_time() const { return max_time_; }
  Chunk take() { return {0, 0, ChunkEncoding::kXor, Bytes::own(encoder_.take())}; }

 private:
  XorEncoder encoder_;
  int64_t min_time_ = kMaxTime;
  int64_t max_time_ = kMinTime;
  bool overflows_ = false;
};

/// Writes an aggregate chunk of floats.
struct Writers {
  PartWriter count;
  PartWriter sum;
  PartWriter min;
  PartWriter max;
  PartWriter counter;

  bool overflows() const {
    return count.overflows() || sum.overflows() || min.overflows() || max.overflows() ||
           counter.overflows();
  }

  std::optional<Chunk> take() {
    AggregateParts parts;
    Chunk chunk{kMaxTime, kMinTime, ChunkEncoding::kAggregate, {}};
    size_t number = 0;
    for (auto* writer : {&count, &sum, &min, &max, &counter}) {
      auto& part = parts.parts[number++];
      if (writer->empty()) continue;
      chunk.min_time = std::min(chunk.min_time, writer->min_time());
      chunk.max_time = std::max(chunk.max_time, writer->max_time());
      part = writer->take();
    }
    if (chunk.min_time > chunk.max_time) return std::nullopt;
    chunk.data = Bytes::own(join_aggregate(parts));
    return chunk;
  }
};

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum;
}

double min_of(std::span<const double> values) {
  double min = kMost;
  for (double value : values) min = value < min ? value : min;
  return min;
}

double max_of(std::span<const double> values) {
  double max = -kMost;
  for (double value : values) max = value > max ? value : max;
  return max;
}

/// Aggregates the samples that all chunks have of one part by one function.
Status aggregate_part(std::span<const AggregateParts> chunks, AggregatePart part,
                      int64_t resolution, double (*aggregate)(std::span<const double>),
                      PartWriter& out) {
  SampleColumn samples;
  for (const auto& chunk : chunks) {
    if (chunk[part]) MNEMO_RETURN_IF_ERROR(append_rising_floats(*chunk[part], samples));
  }
  std::span<const double> values(samples.values);
  for_each_window(samples.times, resolution, [&](size_t first, size_t last, int64_t time) {
    out.append(time, aggregate(values.subspan(first, last - first)));
  });
  return {};
}

Status aggregate_counters(std::span<const AggregateParts> chunks, int64_t resolution,
                          PartWriter& out) {
  SampleColumn total;
  CounterResets resets;
  SampleColumn samples;
  for (const auto& chunk : chunks) {
    const auto& part = chunk[AggregatePart::kCounter];
    if (!part) continue;
    samples.clear();
    MNEMO_RETURN_IF_ERROR(decode_floats(*part, samples));
    resets.append(samples, total);
  }
  if (total.empty()) return {};
  out.append_outside(total.times[0], total.values[0]);
  Counter counter;
  for_each_window(total.times, resolution, [&](size_t first, size_t last, int64_t time) {
    for (size_t i = first; i < last; ++i) counter.add(total.values[i]);
    out.append(time, counter.total);
  });
  out.append_outside(total.times.back(), resets.last_value());
  return {};
}

}  // namespace

Chunk aggregate_floats(std::span<const int64_t> times, std::span<const double> values,
                       int64_t resolution) {
  Writers out;
  out.counter.append_outside(times[0], values[0]);
  Counter counter;
  for_each_window(times, resolution, [&](size_t first, size_t last, int64_t time) {
    auto window = aggregate_window(values.subspan(first, last - first), counter);
    counter = window.counter;
    out.count.append(time, static_cast<double>(last - first));
    out.sum.append(time, window.sum);
    out.min.append(time, window.min);
    out.max.append(time, window.max);
    out.counter.append(time, counter.total);
  });
  out.counter.append_outside(times.back(), values.back());
  return *out.take();
}

Result<std::optional<Chunk>> aggregate_float_parts(std::span<const AggregateParts> chunks,
                                                   int64_t resolution) {
  Writers out;
  struct Job {
    AggregatePart part;
    double (*aggregate)(std::span<const double>);
    PartWriter* out;
  };
  for (const auto& job :
       {Job{AggregatePart::kCount, sum_of, &out.count}, Job{AggregatePart::kSum, sum_of, &out.sum},
        Job{AggregatePart::kMin, min_of, &out.min}, Job{AggregatePart::kMax, max_of, &out.max}}) {
    MNEMO_RETURN_IF_ERROR(aggregate_part(chunks, job.part, resolution, job.aggregate, *job.out));
  }
  MNEMO_RETURN_IF_ERROR(aggregate_counters(chunks, resolution, out.counter));
  if (out.overflows()) return Status::data_loss("aggregates of more windows than a chunk holds");
  return out.take();
}

}  // namespace mnemo::downsample
