// SPDX-License-Identifier: Apache-2.0
#include "tsdb/dump/dump.hpp"

#include "base/json_text.hpp"
#include "chunkenc/aggregate.hpp"
#include "tsdb/dump/merged_series.hpp"
#include "tsdb/dump/sample.hpp"
#include "tsdb/dump/text_buffer.hpp"

#include <fmt/format.h>

#include <bit>
#include <iterator>
#include <string>
#include <utility>

namespace mnemo::tsdb {
namespace {

void append_bits(std::string& out, double number) {
  fmt::format_to(std::back_inserter(out), "\"{:x}\"", std::bit_cast<uint64_t>(number));
}

/// Appends an array, or null for an empty one.
template <typename Element, typename Append>
void append_array(std::string& out, const std::vector<Element>& elements, const Append& append) {
  if (elements.empty()) {
    out += "null";
    return;
  }
  char before = '[';
  for (const auto& element : elements) {
    out += std::exchange(before, ',');
    append(element);
  }
  out += ']';
}

void append_numbers(std::string& out, const std::vector<double>& numbers) {
  append_array(out, numbers, [&](double number) { append_bits(out, number); });
}

void append_spans(std::string& out, const std::vector<Span>& spans) {
  append_array(out, spans, [&](const Span& span) {
    fmt::format_to(std::back_inserter(out), "[{},{}]", span.offset, span.length);
  });
}

void append_histogram_json(std::string& out, const FloatHistogram& histogram) {
  out += "{\"count\":";
  append_bits(out, histogram.count);
  out += ",\"cv\":";
  append_numbers(out, histogram.custom_values);
  out += ",\"hint\":" + std::to_string(static_cast<int>(histogram.counter_reset_hint));
  out += ",\"nb\":";
  append_numbers(out, histogram.negative_buckets);
  out += ",\"ns\":";
  append_spans(out, histogram.negative_spans);
  out += ",\"pb\":";
  append_numbers(out, histogram.positive_buckets);
  out += ",\"ps\":";
  append_spans(out, histogram.positive_spans);
  out += ",\"schema\":" + std::to_string(histogram.schema);
  out += ",\"sum\":";
  append_bits(out, histogram.sum);
  out += ",\"zc\":";
  append_bits(out, histogram.zero_count);
  out += ",\"zt\":";
  append_bits(out, histogram.zero_threshold);
  out += '}';
}

void append_sample(std::string& out, const StoredSample& sample) {
  auto time = std::to_string(sample.time);
  if (const auto* number = std::get_if<double>(&sample.value)) {
    out += '[' + time + ',';
    append_bits(out, *number);
    if (sample.start_time != 0) out += ',' + std::to_string(sample.start_time);
    out += ']';
    return;
  }
  out += "{\"h\":";
  if (const auto* integers = std::get_if<Histogram>(&sample.value)) {
    append_histogram_json(out, integers->to_float());
    out += ",\"int\":true";
  } else {
    append_histogram_json(out, *std::get<std::shared_ptr<const FloatHistogram>>(sample.value));
  }
  if (sample.start_time != 0) out += ",\"st\":" + std::to_string(sample.start_time);
  out += ",\"t\":" + time + '}';
}

/// `"n":2,"samples":[...]`
void append_samples(std::string& out, const std::vector<StoredSample>& samples) {
  out += "\"n\":" + std::to_string(samples.size()) + ",\"samples\":";
  append_array(out, samples, [&](const StoredSample& sample) { append_sample(out, sample); });
}

/// What is printed of a chunk: samples within the range that aren't deleted.
struct Shown {
  TimeRange range;
  std::span<const TimeRange> deleted;
};

Status append_parts(std::string& out, const Chunk& chunk, const Shown& shown) {
  // In the order of the names, as in an encoder that sorts members.
  static constexpr std::pair<const char*, AggregatePart> kParts[] = {
      {"count", AggregatePart::kCount}, {"counter", AggregatePart::kCounter},
      {"max", AggregatePart::kMax},     {"min", AggregatePart::kMin},
      {"sum", AggregatePart::kSum},
  };
  MNEMO_TRY(auto parts, split_aggregate(chunk));
  out += "\"aggr\":";
  char before = '{';
  for (const auto& [name, part] : kParts) {
    const auto& sub_chunk = parts[part];
    if (!sub_chunk) continue;
    std::vector<StoredSample> samples;
    MNEMO_RETURN_IF_ERROR(
        append_stored_samples(*sub_chunk, shown.range, shown.deleted, samples).with_context(name));
    fmt::format_to(std::back_inserter(out), "{}\"{}\":{{\"enc\":{},", std::exchange(before, ','),
                   name, static_cast<int>(sub_chunk->encoding));
    append_samples(out, samples);
    out += '}';
  }
  if (before == '{') out += '{';
  out += "},";
  return {};
}

Status append_chunk(std::string& out, const Chunk& chunk, const Shown& shown) {
  bool is_aggregate = chunk.encoding == ChunkEncoding::kAggregate;
  out += '{';
  if (is_aggregate) MNEMO_RETURN_IF_ERROR(append_parts(out, chunk, shown));
  fmt::format_to(std::back_inserter(out), "\"enc\":{},\"maxt\":{},\"mint\":{}",
                 static_cast<int>(chunk.encoding), chunk.max_time, chunk.min_time);
  if (!is_aggregate) {
    std::vector<StoredSample> samples;
    MNEMO_RETURN_IF_ERROR(append_stored_samples(chunk, shown.range, shown.deleted, samples));
    out += ',';
    append_samples(out, samples);
  }
  out += '}';
  return {};
}

void append_labels(std::string& out, const Labels& labels) {
  char before = '{';
  for (const auto& label : labels) {
    out += std::exchange(before, ',');
    append_json_string(out, label.name);
    out += ':';
    append_json_string(out, label.value);
  }
  if (before == '{') out += '{';
  out += '}';
}

Status append_series(std::string& out, const SeriesOfBlock& part, TimeRange range) {
  out += "{\"chunks\":";
  char before = '[';
  for (const auto& meta : part.series.chunks) {
    out += std::exchange(before, ',');
    MNEMO_TRY(auto chunk, part.block->read_chunk(meta));
    MNEMO_RETURN_IF_ERROR(append_chunk(out, chunk, {range, part.series.deleted})
                              .with_context(describe_chunk(*part.block, meta)));
  }
  out += "],\"labels\":";
  append_labels(out, part.series.labels);
  out += "}\n";
  return {};
}

}  // namespace

Status dump_ndjson(const Blocks& blocks, const DumpOptions& options, const TextSink& sink) {
  TextBuffer buffer(sink);
  std::vector<SeriesOfBlock> group;
  uint64_t total = 0;  // of later blocks, what they say they hold
  for (const auto& block : blocks) total += block->meta().stats.num_series;
  uint64_t done = 0;
  for (const auto& block : blocks) {
    MNEMO_TRY(auto merged, MergedSeries::open({block}, options));
    total += merged.size() - block->meta().stats.num_series;
    while (true) {
      MNEMO_TRY(bool more, merged.next(group));
      if (!more) break;
      MNEMO_RETURN_IF_ERROR(append_series(buffer.text(), group.front(), options.range));
      MNEMO_RETURN_IF_ERROR(buffer.flush_when_full());
      if (options.progress) options.progress(done + merged.passed(), total);
    }
    done += merged.size();
  }
  return buffer.flush();
}

}  // namespace mnemo::tsdb
