// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block_writer.hpp>

#include "chunkenc/chunker.hpp"
#include "tsdb/block/directory_writer.hpp"
#include "tsdb/block/label_symbols.hpp"
#include "tsdb/merge/recode.hpp"

#include <algorithm>
#include <limits>
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

/// What a chunk takes beside its data: its place in a list, its owner, what allocations cost.
constexpr uint64_t kChunkOverhead = sizeof(Chunk) + 80;
constexpr uint32_t kNoNumber = std::numeric_limits<uint32_t>::max();

uint64_t bytes_of(const Chunk& chunk) { return chunk.data.size() + kChunkOverhead; }

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

  void append(Chunk chunk) {
    other_bytes_ += bytes_of(chunk);
    others_.emplace_back(1, std::move(chunk));
  }

  /// What is held beside the object itself; chunks that are being written count as they are.
  uint64_t held_bytes() const {
    return chunker_.byte_size() + chunker_.closed_chunks() * kChunkOverhead + other_bytes_ +
           late_.size() * sizeof(LateSample);
  }

  uint32_t number = kNoNumber;

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
      for (const auto& chunk : others_.back()) other_bytes_ += bytes_of(chunk);
      late = std::move(again);
    }
    return {};
  }

  SampleChunker chunker_;
  bool is_empty_ = true;
  int64_t last_time_ = 0;
  std::vector<LateSample> late_;
  std::vector<std::vector<Chunk>> others_;
  uint64_t other_bytes_ = 0;
};

using SeriesMap = std::unordered_map<Labels, HeldSeries, LabelsHash>;

uint64_t bytes_of_series(const Labels& labels) {
  constexpr uint64_t kOpenChunk = 512;
  return sizeof(SeriesMap::value_type) + labels.memory_bytes() + kOpenChunk;
}

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
  SeriesMap series;
  std::vector<SeriesMap::value_type*> numbered;
  uint64_t held_bytes = 0;

  /// The series of these labels. REQUIRES: there are some.
  SeriesMap::value_type& find(const Labels& labels) {
    auto [found, is_new] = series.try_emplace(labels);
    if (is_new) held_bytes += bytes_of_series(labels);
    return *found;
  }

  template <typename Add>
  Status add(const Labels& labels, const Add& append_to) {
    if (labels.empty()) return Status::invalid_argument("a series without labels");
    return add_to(find(labels), append_to);
  }

  template <typename Add>
  Status add_to(SeriesMap::value_type& one, const Add& append_to) {
    auto& [labels, held] = one;
    auto before = held.held_bytes();
    auto status = append_to(held);
    held_bytes += held.held_bytes() - before;
    if (status.ok()) return {};
    return std::move(status).with_context("series " + labels.to_string());
  }

  void clear() {
    numbered.clear();
    series.clear();
    held_bytes = 0;
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

Result<BlockWriter::SeriesNumber> BlockWriter::number_of(const Labels& series) {
  if (series.empty()) return Status::invalid_argument("a series without labels");
  auto& one = state_->find(series);
  auto& number = one.second.number;
  if (number == kNoNumber) {
    number = static_cast<uint32_t>(state_->numbered.size());
    state_->numbered.push_back(&one);
  }
  return SeriesNumber{number};
}

Status BlockWriter::append(SeriesNumber series, int64_t time, double value, int64_t start_time) {
  auto& one = *state_->numbered[static_cast<uint32_t>(series)];
  return state_->add_to(one, [&](auto& held) { return held.append(time, value, start_time); });
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
  state_->clear();
  return finished;
}

uint64_t BlockWriter::held_bytes() const { return state_->held_bytes; }

}  // namespace mnemo
