// SPDX-License-Identifier: Apache-2.0
//
// Raw floats are bound by the latency of one addition a sample (sum and counter go side by side);
// the windows are gathered and encoded an aggregate at a time. Measured by bench/downsample.cpp.
#include "downsample/float_aggregates.hpp"

#include "chunkenc/counter_resets.hpp"
#include "chunkenc/xor_encode.hpp"
#include "downsample/rising.hpp"
#include "downsample/windows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>
#include <vector>

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

/// The samples of one part of an aggregate chunk.
struct Part {
  std::vector<int64_t> times;
  std::vector<double> values;

  void append(int64_t time, double value) {
    times.push_back(time);
    values.push_back(value);
  }
};

/// The aggregates of a stretch of a series, window by window.
struct Windows {
  std::vector<int64_t> times;
  std::vector<double> counts;
  std::vector<double> sums;
  std::vector<double> mins;
  std::vector<double> maxs;
  std::vector<double> counters;

  explicit Windows(size_t most) {
    times.reserve(most);
    for (auto* column : {&counts, &sums, &mins, &maxs, &counters}) column->reserve(most);
  }
};

/// No more windows than this can `times` have, which rise.
size_t most_windows(std::span<const int64_t> times, int64_t resolution) {
  auto length = static_cast<uint64_t>(times.back()) - static_cast<uint64_t>(times.front());
  return std::min<uint64_t>(times.size(), length / static_cast<uint64_t>(resolution) + 2);
}

Chunk xor_chunk(std::span<const int64_t> times, std::span<const double> values) {
  return {0, 0, ChunkEncoding::kXor, Bytes::own(encode_xor(times, values))};
}

/// An aggregate chunk with the times of its windows.
Chunk aggregate_chunk(TimeRange windows, const AggregateParts& parts) {
  return {windows.min, windows.max, ChunkEncoding::kAggregate, Bytes::own(join_aggregate(parts))};
}

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
                      int64_t resolution, double (*aggregate)(std::span<const double>), Part& out) {
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

Status aggregate_counters(std::span<const AggregateParts> chunks, int64_t resolution, Part& out) {
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
  out.append(total.times[0], total.values[0]);
  Counter counter;
  for_each_window(total.times, resolution, [&](size_t first, size_t last, int64_t time) {
    for (size_t i = first; i < last; ++i) counter.add(total.values[i]);
    out.append(time, counter.total);
  });
  out.append(total.times.back(), resets.last_value());
  return {};
}

}  // namespace

Chunk aggregate_floats(std::span<const int64_t> times, std::span<const double> values,
                       int64_t resolution) {
  // The counter has the first and the last sample too.
  Windows out(most_windows(times, resolution) + 2);
  out.times.push_back(times[0]);
  out.counters.push_back(values[0]);
  Counter counter;
  for_each_window(times, resolution, [&](size_t first, size_t last, int64_t time) {
    auto window = aggregate_window(values.subspan(first, last - first), counter);
    counter = window.counter;
    out.times.push_back(time);
    out.counts.push_back(static_cast<double>(last - first));
    out.sums.push_back(window.sum);
    out.mins.push_back(window.min);
    out.maxs.push_back(window.max);
    out.counters.push_back(counter.total);
  });
  out.times.push_back(times.back());
  out.counters.push_back(values.back());
  auto windows = std::span<const int64_t>(out.times).subspan(1, out.counts.size());
  AggregateParts parts{{xor_chunk(windows, out.counts), xor_chunk(windows, out.sums),
                        xor_chunk(windows, out.mins), xor_chunk(windows, out.maxs),
                        xor_chunk(out.times, out.counters)}};
  return aggregate_chunk({windows.front(), windows.back()}, parts);
}

Result<std::optional<Chunk>> aggregate_float_parts(std::span<const AggregateParts> chunks,
                                                   int64_t resolution) {
  std::array<Part, 5> parts;
  auto of = [&](AggregatePart part) -> Part& { return parts[static_cast<size_t>(part)]; };
  for (const auto& [part, aggregate] :
       {std::pair(AggregatePart::kCount, &sum_of), std::pair(AggregatePart::kSum, &sum_of),
        std::pair(AggregatePart::kMin, &min_of), std::pair(AggregatePart::kMax, &max_of)}) {
    MNEMO_RETURN_IF_ERROR(aggregate_part(chunks, part, resolution, aggregate, of(part)));
  }
  MNEMO_RETURN_IF_ERROR(aggregate_counters(chunks, resolution, of(AggregatePart::kCounter)));
  TimeRange windows{kMaxTime, kMinTime};
  AggregateParts encoded;
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto& [times, values] = parts[i];
    if (times.empty()) continue;
    if (times.size() > XorEncoder::kMaxSamples) {
      return Status::data_loss("aggregates of more windows than a chunk holds");
    }
    // The counter's first and last sample are no windows.
    size_t outside = i == static_cast<size_t>(AggregatePart::kCounter) ? 1 : 0;
    windows.min = std::min(windows.min, times[outside]);
    windows.max = std::max(windows.max, times[times.size() - 1 - outside]);
    encoded.parts[i] = xor_chunk(times, values);
  }
  if (windows.min > windows.max) return std::optional<Chunk>();
  return std::optional<Chunk>(aggregate_chunk(windows, encoded));
}

}  // namespace mnemo::downsample
