// SPDX-License-Identifier: Apache-2.0
#include "query/chunk_samples.hpp"

#include "chunkenc/counter_resets.hpp"
#include "chunkenc/decode.hpp"
#include "model/chain.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace mnemo {
namespace {

std::shared_ptr<const FloatHistogram> divided(const FloatHistogram& sum, double count) {
  auto result = std::make_shared<FloatHistogram>(sum);
  result->zero_count /= count;
  result->count /= count;
  result->sum /= count;
  for (double& bucket : result->positive_buckets) bucket /= count;
  for (double& bucket : result->negative_buckets) bucket /= count;
  return result;
}

Status append_averages(const Chunk& count_chunk, const Chunk& sum_chunk, TimeRange range,
                       SampleColumn& out) {
  SampleColumn counts;
  SampleColumn sums;
  MNEMO_RETURN_IF_ERROR(decode_chunk(count_chunk, range, counts));
  MNEMO_RETURN_IF_ERROR(decode_chunk(sum_chunk, range, sums));
  if (counts.times != sums.times) {
    return Status::data_loss("sum and count of a downsampled chunk have different times");
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    if (const auto* histogram = sums.histogram(i)) {
      out.append(sums.times[i], divided(*histogram, counts.values[i]));
    } else {
      out.append(sums.times[i], sums.values[i] / counts.values[i]);
    }
  }
  return {};
}

Status append_part(const AggregateChunk& chunk, std::span<const Aggregate> aggregates,
                   TimeRange range, SampleColumn& out) {
  const auto* only = aggregates.size() == 1 ? chunk.get(aggregates[0]) : nullptr;
  if (only != nullptr) return decode_chunk(*only, range, out);
  const auto* count = chunk.get(Aggregate::kCount);
  const auto* sum = chunk.get(Aggregate::kSum);
  if (aggregates.size() == 2 && !chunk.raw && count != nullptr && sum != nullptr) {
    return append_averages(*count, *sum, range, out);
  }
  if (chunk.raw) return decode_chunk(*chunk.raw, range, out);
  return Status::data_loss("no valid chunk found");
}

bool is_ordered_from(const SampleColumn& column, size_t seam) {
  return seam == 0 || seam == column.size() || column.times[seam - 1] < column.times[seam];
}

/// Moves what stands from `begin` on into a column of its own.
SampleColumn cut_off(SampleColumn& column, size_t begin) {
  SampleColumn tail;
  for (size_t i = begin; i < column.size(); ++i) tail.append_from(column, i);
  column.times.resize(begin);
  column.values.resize(begin);
  if (!column.histograms.empty()) column.histograms.resize(begin);
  if (!column.start_times.empty()) column.start_times.resize(begin);
  return tail;
}

void restore_order(SampleColumn& column, size_t seam) {
  std::array<SampleColumn, 2> parts;
  parts[1] = cut_off(column, seam);
  parts[0] = std::move(column);
  SampleColumn merged;
  merge_chained(parts, merged);
  column = std::move(merged);
}

}  // namespace

Status append_samples(const AggregateChunk& chunk, std::span<const Aggregate> aggregates,
                      TimeRange range, SampleColumn& out) {
  auto status = append_part(chunk, aggregates, range, out);
  if (status.ok()) return status;
  return std::move(status).with_context("chunk from " + std::to_string(chunk.min_time) + " to " +
                                        std::to_string(chunk.max_time));
}

Status read_lane(std::span<const AggregateChunk> lane, std::span<const Aggregate> aggregates,
                 TimeRange range, SampleColumn& out) {
  out.clear();
  for (const auto& chunk : lane) {
    if (chunk.max_time < range.min || chunk.min_time > range.max) continue;
    size_t seam = out.size();
    MNEMO_RETURN_IF_ERROR(append_samples(chunk, aggregates, range, out));
    if (!is_ordered_from(out, seam)) restore_order(out, seam);
  }
  return {};
}

Status read_counter_lane(std::span<const AggregateChunk> lane, TimeRange range, SampleColumn& out) {
  out.clear();
  CounterResets resets;
  SampleColumn samples;
  constexpr std::array kCounter = {Aggregate::kCounter};
  for (const auto& chunk : lane) {
    samples.clear();
    MNEMO_RETURN_IF_ERROR(append_samples(chunk, kCounter, TimeRange{}, samples));
    resets.append(samples, out);
  }
  cut_to(range, out);
  return {};
}

void cut_to(TimeRange range, SampleColumn& column) {
  auto begin = std::lower_bound(column.times.begin(), column.times.end(), range.min);
  auto end = std::upper_bound(begin, column.times.end(), range.max);
  auto first = begin - column.times.begin();
  auto last = end - column.times.begin();
  auto cut = [first, last](auto& values) {
    if (values.empty()) return;
    values.erase(values.begin() + last, values.end());
    values.erase(values.begin(), values.begin() + first);
  };
  cut(column.times);
  cut(column.values);
  cut(column.histograms);
  cut(column.start_times);
}

}  // namespace mnemo
