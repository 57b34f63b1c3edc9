// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block_writer.hpp>

#include "chunkenc/chunker.hpp"
#include "tsdb/block/directory_writer.hpp"
#include "tsdb/block/label_symbols.hpp"
#include "tsdb/merge/recode.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace mnemo {
namespace {

/// A sample that came after a later one.
struct LateSample {
  int64_t time = 0;
  int64_t start_time = 0;
  std::variant<double, Histogram, FloatHistogram> value;
};

/// What is held of one series.
class HeldSeries {
 public:
  template <typename Value>
  Status append(int64_t time, const Value& value, int64_t start_time) {
    if (is_empty_ || time > last_time_) {
      MNEMO_RETURN_IF_ERROR(chunker_.append(time, value, start_time));
      is_empty_ = false;
      last_time_ = time;
      return {};
    }
    late_.push_back({time, start_time, value});
    return late_.size() < SampleChunker::kSamplesPerChunk ? Status() : encode_late();
  }

  void append(Chunk chunk) { others_.emplace_back(1, std::move(chunk)); }

  /// Gives all chunks, in order and without overlap.
  Status take_chunks(std::vector<Chunk>& chunks) {
    MNEMO_RETURN_IF_ERROR(encode_late());
    std::vector<Chunk> in_order;
    chunker_.finish(in_order);
    others_.push_back(std::move(in_order));
    auto sources = std::exchange(others_, {});
    return tsdb::merge_chunks(sources, tsdb::unite_overlaps, chunks);
  }

 private:
  Status encode_late() {
    auto late = std::exchange(late_, {});
    std::stable_sort(late.begin(), late.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    // Samples of equal times go to different runs; whether they agree is seen when all is united.
    while (!late.empty()) {
      std::vector<LateSample> again;
      SampleChunker run;
      const LateSample* last = nullptr;
      for (auto& sample : late) {
        if (last != nullptr && last->time == sample.time) {
          again.push_back(sample);
          continue;
        }
        last = &sample;
        MNEMO_RETURN_IF_ERROR(std::visit(
            [&](const auto& value) { return run.append(sample.time, value, sample.start_time); },
            sample.value));
      }
      run.finish(others_.emplace_back());
      late = std::move(again);
    }
    return {};
  }

  SampleChunker chunker_;
  bool is_empty_ = true;
  int64_t last_time_ = 0;
  std::vector<LateSample> late_;
  std::vector<std::vector<Chunk>> others_;
};

/// Checks that a chunk of the caller's is what it claims to be.
Status check_chunk(const Chunk& chunk) {
  MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
  const auto& times = samples.times();
  if (times.empty()) return Status::invalid_argument("a chunk without samples");
  if (times.front() != chunk.min_time || times.back() != chunk.max_time) {
    return Status::invalid_argument("a chunk whose times aren't those of its samples");
  }
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) != times.end()) {
    return Status::invalid_argument("a chunk whose samples are out of order");
  }
  return {};
}

}  // namespace

struct BlockWriter::State {
  BlockWriterOptions options;
  std::unordered_map<Labels, HeldSeries, LabelsHash> series;

  /// The series, or null where the labels are empty.
  template <typename Add>
  Status add(const Labels& labels, const Add& append_to) {
    if (labels.empty()) return Status::invalid_argument("a series without labels");
    auto status = append_to(series[labels]);
    if (status.ok()) return {};
    return std::move(status).with_context("series " + labels.to_string());
  }

  /// The series in the order of their labels, each with its chunks; memory is freed on the way.
  struct Ready {
    const Labels* labels;
    std::vector<Chunk> chunks;
  };
  Result<std::vector<Ready>> take_all();
  BlockMeta make_meta(const std::vector<Ready>& ready) const;
  Result<BlockMeta> write(const std::vector<Ready>& ready) const;
};

Result<std::vector<BlockWriter::State::Ready>> BlockWriter::State::take_all() {
  std::vector<Ready> ready;
  ready.reserve(series.size());
  for (auto& [labels, held] : series) {
    std::vector<Chunk> chunks;
    auto status = held.take_chunks(chunks);
    if (!status.ok()) return std::move(status).with_context("series " + labels.to_string());
    if (!chunks.empty()) ready.push_back({&labels, std::move(chunks)});
  }
  std::sort(ready.begin(), ready.end(),
            [](const Ready& a, const Ready& b) { return *a.labels < *b.labels; });
  return ready;
}

BlockMeta BlockWriter::State::make_meta(const std::vector<Ready>& ready) const {
  BlockMeta meta;
  meta.ulid = options.ulid ? *options.ulid : Ulid::generate();
  meta.compaction.level = 1;
  meta.compaction.sources = {meta.ulid};
  if (ready.empty()) return meta;
  meta.min_time = kMaxTime;
  int64_t last = kMinTime;
  for (const auto& each : ready) {
    meta.min_time = std::min(meta.min_time, each.chunks.front().min_time);
    last = std::max(last, each.chunks.back().max_time);
  }
  meta.max_time = last == kMaxTime ? last : last + 1;
  return meta;
}

Result<BlockMeta> BlockWriter::State::write(const std::vector<Ready>& ready) const {
  MNEMO_TRY(auto writer, tsdb::BlockDirectoryWriter::create(options.folder, make_meta(ready), {}));
  tsdb::LabelSymbols symbols;
  for (const auto& each : ready) symbols.collect(*each.labels);
  for (auto symbol : symbols.sort()) MNEMO_RETURN_IF_ERROR(writer.add_symbol(symbol));
  std::vector<tsdb::SymbolPair> pairs;
  for (const auto& each : ready) {
    symbols.numbers_of(*each.labels, pairs);
    auto status = writer.add_series(pairs, each.chunks);
    if (!status.ok()) return std::move(status).with_context("series " + each.labels->to_string());
  }
  return writer.finish();
}

BlockWriter::BlockWriter(BlockWriterOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
}
BlockWriter::BlockWriter(BlockWriter&&) noexcept = default;
BlockWriter& BlockWriter::operator=(BlockWriter&&) noexcept = default;
BlockWriter::~BlockWriter() = default;

Status BlockWriter::append(const Labels& series, int64_t time, double value, int64_t start_time) {
  return state_->add(series, [&](auto& held) { return held.append(time, value, start_time); });
}

Status BlockWriter::append(const Labels& series, int64_t time, const Histogram& histogram,
                           int64_t start_time) {
  return state_->add(series, [&](auto& held) { return held.append(time, histogram, start_time); });
}

Status BlockWriter::append(const Labels& series, int64_t time, const FloatHistogram& histogram,
                           int64_t start_time) {
  return state_->add(series, [&](auto& held) { return held.append(time, histogram, start_time); });
}

Status BlockWriter::append(const Labels& series, Chunk chunk) {
  auto status = check_chunk(chunk);
  if (!status.ok()) return std::move(status).with_context("series " + series.to_string());
  return state_->add(series, [&](auto& held) {
    held.append(std::move(chunk));
    return Status();
  });
}

Result<BlockMeta> BlockWriter::finish() {
  auto finished = [&]() -> Result<BlockMeta> {
    MNEMO_TRY(auto ready, state_->take_all());
    return state_->write(ready);
  }();
  state_->series.clear();
  return finished;
}

}  // namespace mnemo
