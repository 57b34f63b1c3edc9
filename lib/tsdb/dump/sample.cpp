// SPDX-License-Identifier: Apache-2.0
#include "tsdb/dump/sample.hpp"

#include "base/number_text.hpp"
#include "chunkenc/decode.hpp"
#include "model/histogram_buckets.hpp"

#include <algorithm>
#include <utility>

namespace mnemo::tsdb {
namespace {

bool is_deleted(std::span<const TimeRange> deleted, int64_t time) {
  return std::any_of(deleted.begin(), deleted.end(),
                     [&](const TimeRange& range) { return range.contains(time); });
}

void append_number(std::string& out, uint64_t number) { out += std::to_string(number); }
void append_number(std::string& out, double number) { append_float_general(out, number); }

template <typename Count>
void append_bucket(std::string& out, const HistogramBucket& bucket, Count count) {
  if (count == 0) return;
  out += bucket.lower_inclusive ? ", [" : ", (";
  append_float_general(out, bucket.lower);
  out += ',';
  append_float_general(out, bucket.upper);
  out += bucket.upper_inclusive ? "]:" : "):";
  append_number(out, count);
}

/// The indexes of the buckets that the spans name, as many as there are counts.
std::vector<int64_t> bucket_indexes(const std::vector<Span>& spans, size_t count) {
  std::vector<int64_t> indexes;
  int64_t index = 0;
  for (const auto& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && indexes.size() < count; ++i) indexes.push_back(index++);
  }
  return indexes;
}

/// `shape` says where the buckets are; counts are those of the same histogram in its own numbers.
template <typename Count>
void append_histogram(std::string& out, const FloatHistogram& shape, Count count, Count zero_count,
                      const std::vector<Count>& negative, const std::vector<Count>& positive) {
  out += "{count:";
  append_number(out, count);
  out += ", sum:";
  append_float_general(out, shape.sum);
  auto indexes = bucket_indexes(shape.negative_spans, negative.size());
  for (size_t i = indexes.size(); i > 0; --i) {
    append_bucket(out, histogram_bucket(shape, false, indexes[i - 1], 0), negative[i - 1]);
  }
  append_bucket(out, {-shape.zero_threshold, shape.zero_threshold, 0, true, true}, zero_count);
  indexes = bucket_indexes(shape.positive_spans, positive.size());
  for (size_t i = 0; i < indexes.size(); ++i) {
    append_bucket(out, histogram_bucket(shape, true, indexes[i], 0), positive[i]);
  }
  out += '}';
}

std::vector<uint64_t> absolute_counts(const std::vector<int64_t>& deltas) {
  std::vector<uint64_t> counts;
  counts.reserve(deltas.size());
  uint64_t current = 0;
  for (int64_t delta : deltas) counts.push_back(current += static_cast<uint64_t>(delta));
  return counts;
}

}  // namespace

Status append_stored_samples(const Chunk& chunk, TimeRange range,
                             std::span<const TimeRange> deleted, std::vector<StoredSample>& out) {
  if (chunk.encoding == ChunkEncoding::kHistogram ||
      chunk.encoding == ChunkEncoding::kHistogramSt) {
    std::vector<HistogramSample> samples;
    MNEMO_RETURN_IF_ERROR(decode_histogram_chunk(chunk, range, samples));
    for (auto& sample : samples) {
      if (is_deleted(deleted, sample.time)) continue;
      out.push_back({sample.time, std::move(sample.histogram), sample.start_time});
    }
    return {};
  }
  SampleColumn column;
  MNEMO_RETURN_IF_ERROR(decode_chunk(chunk, range, column));
  for (size_t i = 0; i < column.size(); ++i) {
    if (is_deleted(deleted, column.times[i])) continue;
    int64_t start = column.start_times.empty() ? 0 : column.start_times[i];
    if (column.histogram(i) != nullptr) {
      out.push_back({column.times[i], column.histograms[i], start});
    } else {
      out.push_back({column.times[i], column.values[i], start});
    }
  }
  return {};
}

void append_histogram(std::string& out, const Histogram& histogram) {
  append_histogram(out, histogram.to_float(), histogram.count, histogram.zero_count,
                   absolute_counts(histogram.negative_buckets),
                   absolute_counts(histogram.positive_buckets));
}

void append_histogram(std::string& out, const FloatHistogram& histogram) {
  append_histogram(out, histogram, histogram.count, histogram.zero_count,
                   histogram.negative_buckets, histogram.positive_buckets);
}

}  // namespace mnemo::tsdb
