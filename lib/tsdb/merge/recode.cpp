// SPDX-License-Identifier: Apache-2.0
#include "tsdb/merge/recode.hpp"

#include "chunkenc/chunker.hpp"
#include "tsdb/merge/binary_heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace mnemo::tsdb {
namespace {

/// Where one chunk's samples are read.
struct Reading {
  const ChunkSamples* samples = nullptr;
  size_t at = 0;
  bool done() const { return at >= samples->size(); }
  int64_t time() const { return samples->time(at); }
};

struct EarlierReading {
  bool operator()(const Reading& a, const Reading& b) const { return a.time() < b.time(); }
};

/// Gives the samples of several chunks in order of time, each time once. Of equal times the one
/// that Prometheus gives: it leaves the chunk that it reads as soon as another is no later.
class SampleChain {
 public:
  explicit SampleChain(std::span<const ChunkSamples> chunks) : others_(EarlierReading()) {
    current_.samples = chunks.data();
    for (const auto& samples : chunks.subspan(1)) push({&samples, 0});
  }

  /// The next sample's place; false at the end.
  bool next(Reading& reading) {
    do {
      if (!step()) return false;
    } while (has_last_ && current_.time() == last_time_);
    has_last_ = true;
    last_time_ = current_.time();
    reading = current_;
    return true;
  }

 private:
  void push(Reading reading) {
    if (!reading.done()) others_.push(reading);
  }

  bool step() {
    if (is_started_) ++current_.at;
    is_started_ = true;
    bool stays = !current_.done() &&
                 (others_.empty() || repeats() || current_.time() < others_.top().time());
    if (stays) return true;
    if (others_.empty()) return false;
    push(current_);
    current_ = others_.pop();
    return true;
  }

  bool repeats() const { return has_last_ && current_.time() == last_time_; }

  BinaryHeap<Reading, EarlierReading> others_;
  Reading current_;
  bool is_started_ = false;
  bool has_last_ = false;
  int64_t last_time_ = 0;
};

/// Whether two samples would be encoded to the same bytes.
Result<bool> same_sample(const Reading& a, const Reading& b) {
  std::vector<Chunk> encoded;
  for (const auto& reading : {a, b}) {
    SampleChunker chunker;
    MNEMO_RETURN_IF_ERROR(reading.samples->append_to(chunker, reading.at));
    chunker.finish(encoded);
  }
  return encoded[0].encoding == encoded[1].encoding && encoded[0].data == encoded[1].data;
}

}  // namespace

Status append_without(const Chunk& chunk, std::span<const TimeRange> deleted,
                      std::vector<Chunk>& out) {
  MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
  SampleChunker chunker(chunk.encoding);
  for (size_t i = 0; i < samples.size(); ++i) {
    int64_t time = samples.time(i);
    auto has = [&](const TimeRange& range) { return range.contains(time); };
    if (std::any_of(deleted.begin(), deleted.end(), has)) continue;
    MNEMO_RETURN_IF_ERROR(samples.append_to(chunker, i));
  }
  chunker.finish(out);
  return {};
}

Status chain_overlaps(std::span<const Chunk> overlapping, std::vector<Chunk>& merged) {
  std::vector<ChunkSamples> chunks;
  // Prometheus puts the chunk that began the group last, which decides between equal times.
  for (size_t i = 1; i <= overlapping.size(); ++i) {
    const auto& chunk = overlapping[i % overlapping.size()];
    if (chunk.encoding == ChunkEncoding::kAggregate) {
      return Status::unimplemented("overlapping chunks of downsampled blocks can't be chained");
    }
    MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
    chunks.push_back(std::move(samples));
  }
  SampleChunker chunker;
  SampleChain chain(chunks);
  Reading reading;
  while (chain.next(reading)) {
    MNEMO_RETURN_IF_ERROR(reading.samples->append_to(chunker, reading.at));
  }
  chunker.finish(merged);
  return {};
}

Status unite_overlaps(std::span<const Chunk> overlapping, std::vector<Chunk>& merged) {
  std::vector<ChunkSamples> chunks;
  for (const auto& chunk : overlapping) {
    MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
    chunks.push_back(std::move(samples));
  }
  BinaryHeap<Reading, EarlierReading> heap{EarlierReading()};
  for (const auto& samples : chunks) {
    if (samples.size() > 0) heap.push({&samples, 0});
  }
  SampleChunker chunker;
  Reading last;
  while (!heap.empty()) {
    Reading reading = heap.pop();
    if (last.samples != nullptr && last.time() == reading.time()) {
      MNEMO_TRY(bool same, same_sample(last, reading));
      if (!same) {
        return Status::invalid_argument(
            fmt::format("two samples with different values at {}", reading.time()));
      }
    } else {
      MNEMO_RETURN_IF_ERROR(reading.samples->append_to(chunker, reading.at));
      last = reading;
    }
    ++reading.at;
    if (!reading.done()) heap.push(reading);
  }
  chunker.finish(merged);
  return {};
}

}  // namespace mnemo::tsdb
