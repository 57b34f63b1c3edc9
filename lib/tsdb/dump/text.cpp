// SPDX-License-Identifier: Apache-2.0
#include "tsdb/dump/dump.hpp"

#include "base/number_text.hpp"
#include "model/sample_chain.hpp"
#include "tsdb/dump/merged_series.hpp"
#include "tsdb/dump/sample.hpp"
#include "tsdb/dump/text_buffer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace mnemo::tsdb {
namespace {

/// A chunk of one of the blocks that hold a series.
struct ChunkOfBlock {
  size_t part = 0;  // which of the blocks
  ChunkMeta meta;
};

/// Samples in order of time that one block has of a series.
struct Run {
  size_t part = 0;
  std::vector<StoredSample> samples;

  size_t size() const { return samples.size(); }
  int64_t time(size_t i) const { return samples[i].time; }
};

std::vector<ChunkOfBlock> chunks_in_order(const std::vector<SeriesOfBlock>& group) {
  std::vector<ChunkOfBlock> chunks;
  for (size_t part = 0; part < group.size(); ++part) {
    for (const auto& meta : group[part].series.chunks) chunks.push_back({part, meta});
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

/// Prints one series, of which as much is held as overlaps.
class SeriesPrinter {
 public:
  SeriesPrinter(const std::vector<SeriesOfBlock>& group, TextBuffer& buffer)
      : group_(group), labels_(group.front().series.labels.to_string()), buffer_(buffer) {}

  Status print(TimeRange range) {
    int64_t last_time = kMinTime;
    for (const auto& [part, meta] : chunks_in_order(group_)) {
      // What lies before this chunk can't be followed by anything earlier.
      if (meta.min_time > last_time) MNEMO_RETURN_IF_ERROR(print_held());
      last_time = std::max(last_time, meta.max_time);
      const auto& [block, series] = group_[part];
      MNEMO_TRY(auto chunk, block->read_chunk(meta));
      std::vector<StoredSample> samples;
      MNEMO_RETURN_IF_ERROR(append_stored_samples(chunk, range, series.deleted, samples)
                                .with_context(describe_chunk(*block, meta)));
      hold(part, std::move(samples));
    }
    return print_held();
  }

 private:
  /// Lengthens what is held of a block, unless its own chunks overlap.
  void hold(size_t part, std::vector<StoredSample> samples) {
    if (samples.empty()) return;
    for (auto& run : runs_) {
      if (run.part != part || run.samples.back().time >= samples.front().time) continue;
      run.samples.insert(run.samples.end(), std::make_move_iterator(samples.begin()),
                         std::make_move_iterator(samples.end()));
      return;
    }
    runs_.push_back({part, std::move(samples)});
  }

  Status print_held() {
    // Prometheus is still in the block that it read last.
    std::stable_sort(runs_.begin(), runs_.end(), [&](const Run& a, const Run& b) {
      return std::pair(a.part != last_part_, a.part) < std::pair(b.part != last_part_, b.part);
    });
    if (!runs_.empty()) {
      SampleChain<Run> chain(runs_);
      SamplePlace<Run> place;
      while (chain.next(place)) {
        append_line(buffer_.text(), labels_, place.run->samples[place.at]);
        MNEMO_RETURN_IF_ERROR(buffer_.flush_when_full());
        last_part_ = place.run->part;
      }
    }
    runs_.clear();
    return {};
  }

  const std::vector<SeriesOfBlock>& group_;
  std::string labels_;
  TextBuffer& buffer_;
  std::vector<Run> runs_;
  size_t last_part_ = 0;
};

}  // namespace

Status dump_text(const Blocks& blocks, const DumpOptions& options, const TextSink& sink) {
  TextBuffer buffer(sink);
  MNEMO_TRY(auto merged, MergedSeries::open(blocks, options));
  std::vector<SeriesOfBlock> group;
  while (true) {
    MNEMO_TRY(bool more, merged.next(group));
    if (!more) return buffer.flush();
    MNEMO_RETURN_IF_ERROR(SeriesPrinter(group, buffer).print(options.range));
    if (options.progress) options.progress(merged.passed(), merged.size());
  }
}

}  // namespace mnemo::tsdb
