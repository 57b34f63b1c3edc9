// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/chunker.hpp"
#include "tsdb/block/chunk_stash.hpp"

#include <mnemo/histogram.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

namespace mnemo::tsdb {

/// A sample that came after a later one.
struct LateSample {
  int64_t time = 0;
  int64_t start_time = 0;
  std::variant<double, Histogram, FloatHistogram> value;
};

/// What only few series have: samples that aren't floats in order of time, and chunks of the
/// caller's.
///
/// Not thread-safe.
class UnusualSamples {
 public:
  SampleChunker& in_order() { return in_order_; }
  Status append_late(LateSample sample);
  void append(Chunk chunk);

  /// About how much memory they take; chunks that are being written count for nothing.
  uint64_t held_bytes() const;

  /// All chunks, those of `floats` (which come before the ones in order) included, in order and
  /// without overlap. Errors: as BlockWriter::finish.
  Status take_chunks(std::vector<Chunk> floats, std::vector<Chunk>& chunks);

 private:
  Status encode_late();

  SampleChunker in_order_;
  std::vector<LateSample> late_;
  std::vector<std::vector<Chunk>> others_;  // each in order
  uint64_t other_bytes_ = 0;
};

/// The samples of one series, held until its block is written.
///
/// Not thread-safe. Memory: some 150 bytes beside the labels and the encoded samples. All calls are
/// given the same stash.
class HeldSeries {
 public:
  explicit HeldSeries(const Labels& labels) : labels_(labels) {}

  const Labels& labels() const { return labels_; }

  Status append(ChunkStash& stash, int64_t time, double value, int64_t start_time);
  Status append(ChunkStash& stash, int64_t time, const Histogram& value, int64_t start_time) {
    return append_unusual(stash, time, value, start_time);
  }
  Status append(ChunkStash& stash, int64_t time, const FloatHistogram& value, int64_t start_time) {
    return append_unusual(stash, time, value, start_time);
  }
  void append(Chunk chunk) {
    has_chunks_ = true;
    unusual().append(std::move(chunk));
  }

  /// About how much memory is held beside this object and the stash.
  uint64_t unusual_bytes() const { return unusual_ == nullptr ? 0 : unusual_->held_bytes(); }
  /// False where nothing but failed was appended.
  bool has_samples() const { return !is_empty_ || has_chunks_; }
  /// Whether all chunks are records in the stash.
  bool is_plain() const { return unusual_ == nullptr; }
  /// The chunks of a series that is plain; borrowed from the stash.
  void take_stored(ChunkStash& stash, std::vector<StoredChunk>& chunks);
  /// Those of any; borrowed from the stash, or owned. Errors: as BlockWriter::finish.
  Status take_chunks(ChunkStash& stash, std::vector<Chunk>& chunks);

  /// Where the next sample will go, to be fetched into the cache.
  const void* tail() const { return floats_.tail(); }

  /// The number of the series that was appended to after this one.
  uint32_t next() const { return next_; }
  void set_next(uint32_t next) { next_ = next; }

 private:
  bool is_late(int64_t time) const { return !is_empty_ && time <= last_time_; }
  UnusualSamples& unusual();
  template <typename Value>
  Status append_unusual(ChunkStash& stash, int64_t time, const Value& value, int64_t start_time);
  void close(ChunkStash& stash);

  Labels labels_;
  XorEncoder floats_;  // the open chunk, for as long as all that came in order are floats
  int64_t first_time_ = 0;
  int64_t last_time_ = 0;
  const ChunkStash::Entry* closed_ = nullptr;
  std::unique_ptr<UnusualSamples> unusual_;
  uint32_t next_ = 0;
  bool is_empty_ = true;     // but for the caller's chunks
  bool has_chunks_ = false;  // of the caller's
  bool takes_floats_ = true;
};

}  // namespace mnemo::tsdb
