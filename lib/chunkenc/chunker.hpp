// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_encode.hpp"
#include "chunkenc/xor2_encode.hpp"
#include "chunkenc/xor_encode.hpp"

#include <mnemo/chunk.hpp>
#include <mnemo/histogram.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace mnemo {

/// What the samples of a chunk are.
enum class SampleKind : uint8_t { kNone, kFloat, kHistogram, kFloatHistogram };

SampleKind sample_kind(ChunkEncoding encoding);

/// Encodes the samples of one series to chunks, cut where Prometheus cuts them when it merges
/// blocks: after 120 samples, where the kind of sample changes, and where histograms demand it.
/// Samples with start timestamps go to the encodings that can hold them.
///
/// Not thread-safe. `finish` gives the chunks; then the chunker can be used for another series.
class SampleChunker {
 public:
  static constexpr uint32_t kSamplesPerChunk = 120;

  SampleChunker() = default;
  /// Keeps to one encoding and cuts as rarely as possible: for a part of a chunk.
  explicit SampleChunker(ChunkEncoding encoding) : fixed_(encoding), max_samples_(kNoLimit) {}

  /// Times must rise. `start_time` 0: none. Errors: InvalidArgument (a malformed histogram, a
  /// sample that the fixed encoding can't hold).
  Status append(int64_t time, double value, int64_t start_time);
  Status append(int64_t time, const Histogram& histogram, int64_t start_time);
  Status append(int64_t time, const FloatHistogram& histogram, int64_t start_time);

  /// Appends the chunks of all samples to `chunks`; starts afresh.
  void finish(std::vector<Chunk>& chunks);

  /// How many bytes all chunks take so far.
  size_t byte_size() const { return closed_bytes_; }
  /// How many chunks are complete.
  size_t closed_chunks() const { return closed_.size(); }

 private:
  static constexpr uint32_t kNoLimit = 0x3fff;

  Status prepare(ChunkEncoding wanted, int64_t start_time);
  void open(ChunkEncoding encoding);
  void close();
  void emit(std::string data);
  void count(int64_t time);
  template <typename AnyHistogram>
  Status append_histogram(int64_t time, const AnyHistogram& histogram, int64_t start_time);

  using Encoder = std::variant<std::monostate, XorEncoder, Xor2Encoder, HistogramEncoder,
                               FloatHistogramEncoder>;

  std::optional<ChunkEncoding> fixed_;
  uint32_t max_samples_ = kSamplesPerChunk;
  Encoder encoder_;
  ChunkEncoding encoding_ = ChunkEncoding::kNone;
  uint32_t count_ = 0;
  int64_t min_time_ = 0;
  int64_t max_time_ = 0;
  size_t closed_bytes_ = 0;
  std::vector<Chunk> closed_;
};

/// The samples of one chunk, as exactly as it holds them: integer histograms stay integers.
class ChunkSamples {
 public:
  /// Errors: those of `decode_chunk`.
  static Result<ChunkSamples> decode(const Chunk& chunk);

  ChunkEncoding encoding() const { return encoding_; }
  size_t size() const { return times_.size(); }
  int64_t time(size_t i) const { return times_[i]; }
  const std::vector<int64_t>& times() const { return times_; }

  /// Hands sample `i` to a chunker.
  Status append_to(SampleChunker& chunker, size_t i) const;

  /// Whether sample `i` is sample `j` of another chunk; buckets without counts, and knowledge of
  /// counter resets, don't matter.
  bool has_same(size_t i, const ChunkSamples& other, size_t j) const;

 private:
  int64_t start_time(size_t i) const {
    if (!integers_.empty()) return integers_[i].start_time;
    return column_.start_times.empty() ? 0 : column_.start_times[i];
  }

  ChunkEncoding encoding_ = ChunkEncoding::kNone;
  std::vector<int64_t> times_;
  SampleColumn column_;                    // unless the histograms are integers
  std::vector<HistogramSample> integers_;  // if they are
};

}  // namespace mnemo
