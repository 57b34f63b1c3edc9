// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/proto_wire.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>
#include <mnemo/store.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// thanos.SeriesResponse, the frames of a Series answer, without message objects. A frame of one
// series and a batch of series differ by their first bytes only, so one encoder serves both.

namespace mnemo::rpc {

/// Puts series one after the other into the body of one frame.
///
/// Reusable; thread-compatible. Chunk bytes are copied once, into the body.
class SeriesFrameEncoder {
 public:
  /// Raw chunks whose encoding the StoreAPI has no number for go in one that it has. Errors:
  /// DataLoss (such a chunk is malformed, or an aggregate).
  Status add(const Series& series);

  size_t size() const { return body_.size(); }
  size_t count() const { return count_; }

  /// What must stand before the body to make it a batch (thanos.SeriesBatch). Without it, the body
  /// is a frame of its own. REQUIRES: without it, count() == 1.
  std::string batch_header() const;

  /// Hands over the body and begins a new frame.
  std::string take_body();

  /// Of one chunk or aggregate: what goes into the frame for it.
  struct PartSize {
    uint64_t hash = 0;
    size_t size = 0;
  };

 private:
  size_t measure(const AggregateChunk& chunk);

  std::string body_;
  size_t count_ = 0;
  size_t last_size_ = 0;
  std::vector<PartSize> part_sizes_;  // of the series at hand, like the next
  std::vector<size_t> chunk_sizes_;
};

std::string encode_warning_frame(std::string_view warning);
/// SeriesResponseHints with the blocks that were read.
std::string encode_hints_frame(const std::vector<std::string>& queried_blocks);

/// Reads the frames of one Series answer, one after the other.
///
///     decoder.start(frame);
///     while (true) { auto more = decoder.next(series); ... }
///
/// Thread-compatible. Chunks share the frame's bytes.
class SeriesFrameDecoder {
 public:
  /// Begins with the next frame. REQUIRES: `next` has returned false for the one before.
  void start(Bytes frame);

  /// The next series of the frame (storage reused), or false at the frame's end. Warnings and hints
  /// of the frame are collected on the way. Errors: DataLoss.
  Result<bool> next(Series& series);

  const std::vector<std::string>& warnings() const { return warnings_; }
  const std::vector<std::string>& queried_blocks() const { return queried_blocks_; }

 private:
  Result<bool> next_of_batch(Series& series);
  Status read_series(std::span<const uint8_t> data, Series& series);
  bool read_aggregate_chunk(std::span<const uint8_t> data, AggregateChunk& chunk) const;
  bool read_part(ProtoReader& reader, AggregateChunk& chunk) const;
  bool read_chunk(std::span<const uint8_t> data, Chunk& chunk) const;
  Status read_hints(std::span<const uint8_t> any);

  Bytes frame_;
  ProtoReader reader_{{}};
  ProtoReader batch_{{}};
  std::vector<LabelView> label_views_;
  std::vector<std::string> warnings_;
  std::vector<std::string> queried_blocks_;
};

}  // namespace mnemo::rpc
