// SPDX-License-Identifier: Apache-2.0
#include "tsdb/dump/dump.hpp"

#include "base/number_text.hpp"
#include "tsdb/dump/merged_series.hpp"
#include "tsdb/dump/sample.hpp"
#include "tsdb/dump/text_buffer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace mnemo::tsdb {
namespace {

/// A chunk of one of the blocks that hold a series.
struct ChunkOfBlock {
  const SeriesOfBlock* source = nullptr;
  ChunkMeta meta;
};

std::vector<ChunkOfBlock> chunks_in_order(const std::vector<SeriesOfBlock>& group) {
  std::vector<ChunkOfBlock> chunks;
  for (const auto& part : group) {
    for (const auto& meta : part.series.chunks) chunks.push_back({&part, meta});
  }
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](const auto& a, const auto& b) { return a.meta.min_time < b.meta.min_time; });
  return chunks;
}

void append_line(std::string& out, const std::string& labels, const StoredSample& sample) {
  out += labels;
  out += ' ';
  if (const auto* number = std::get_if<double>(&sample.value)) {
    append_float_general(out, *number);
  } else if (const auto* histogram = std::get_if<Histogram>(&sample.value)) {
    append_histogram(out, *histogram);
  } else {
    append_histogram(out, *std::get<std::shared_ptr<const FloatHistogram>>(sample.value));
  }
  out += ' ';
  out += std::to_string(sample.time);
  out += '\n';
}

/// Prints samples in order of time, the first of those with equal times, and forgets them.
Status print_samples(const std::string& labels, std::vector<StoredSample>& samples,
                     TextBuffer& buffer) {
  auto earlier = [](const StoredSample& a, const StoredSample& b) { return a.time < b.time; };
  if (!std::is_sorted(samples.begin(), samples.end(), earlier)) {
    std::stable_sort(samples.begin(), samples.end(), earlier);
  }
  const StoredSample* last = nullptr;
  for (const auto& sample : samples) {
    if (last != nullptr && last->time == sample.time) continue;
    append_line(buffer.text(), labels, sample);
    MNEMO_RETURN_IF_ERROR(buffer.flush_when_full());
    last = &sample;
  }
  samples.clear();
  return {};
}

Status print_series(const std::vector<SeriesOfBlock>& group, TimeRange range, TextBuffer& buffer) {
  auto labels = group.front().series.labels.to_string();
  std::vector<StoredSample> samples;
  int64_t last_time = kMinTime;
  for (const auto& [source, meta] : chunks_in_order(group)) {
    // What lies before this chunk can't be followed by anything earlier.
    if (meta.min_time > last_time) {
      MNEMO_RETURN_IF_ERROR(print_samples(labels, samples, buffer));
    }
    last_time = std::max(last_time, meta.max_time);
    MNEMO_TRY(auto chunk, source->block->read_chunk(meta));
    MNEMO_RETURN_IF_ERROR(append_stored_samples(chunk, range, source->series.deleted, samples)
                              .with_context(describe_chunk(*source->block, meta)));
  }
  return print_samples(labels, samples, buffer);
}

}  // namespace

Status dump_text(const Blocks& blocks, const DumpOptions& options, const TextSink& sink) {
  TextBuffer buffer(sink);
  MNEMO_TRY(auto merged, MergedSeries::open(blocks, options));
  std::vector<SeriesOfBlock> group;
  while (true) {
    MNEMO_TRY(bool more, merged.next(group));
    if (!more) return buffer.flush();
    MNEMO_RETURN_IF_ERROR(print_series(group, options.range, buffer));
  }
}

}  // namespace mnemo::tsdb
