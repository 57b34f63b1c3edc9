// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_writer.hpp"
#include "chunkenc/bucket_layout.hpp"
#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_layout.hpp"
#include "chunkenc/histogram_writer.hpp"
#include "chunkenc/start_times.hpp"

#include <mnemo/histogram.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace mnemo {

/// What became of a sample that was handed to an encoder.
enum class AppendOutcome : uint8_t {
  kAppended,
  kRecoded,   // appended, and the chunk was written again with more buckets
  kNewChunk,  // not appended: the chunk must be cut, and the sample begin the next one
};

/// Writes chunks of native histograms, sample by sample, byte for byte as Prometheus does: a chunk
/// has one layout of buckets, which grows (the chunk is written again) when a sample brings new
/// ones, and ends where the schema, the zero threshold or the custom boundaries change, where a
/// counter was reset, between counters and gauges, and after a stale marker.
///
///     MNEMO_TRY(auto outcome, encoder.append(time, histogram));
///     if (outcome == AppendOutcome::kNewChunk) {
///       finished.push_back(encoder.cut());
///       MNEMO_TRY(outcome, encoder.append(time, histogram));
///     }
///
/// Thread-compatible. A chunk holds at most max_samples(); then a new one is asked for.
template <typename AnyHistogram>
class BasicHistogramEncoder {
 public:
  explicit BasicHistogramEncoder(StartTimes start_times = StartTimes::kNone)
      : start_times_(start_times) {}

  /// Appends a sample whose time is larger than the last one's. `start_time` (0: none) is kept by
  /// encodings with start timestamps only.
  /// Errors: InvalidArgument (the buckets aren't those of the spans; an unknown schema): nothing
  /// was appended.
  Result<AppendOutcome> append(int64_t time, const AnyHistogram& histogram, int64_t start_time = 0);

  uint32_t size() const { return count_; }
  size_t byte_size() const { return kHeaderSize + out_.byte_size(); }
  uint32_t max_samples() const { return start_times_ == StartTimes::kNone ? 0xffff : 0x3fff; }
  ChunkEncoding encoding() const;

  /// The chunk's data (without length, encoding and CRC). The next sample begins a chunk that
  /// continues the series: it says whether there was a counter reset between them.
  std::string cut();

  /// The same, but of the next chunk nothing is known, except where `append` asked for it.
  std::string take();

  /// Makes the first chunk say that no reset came before it, as if it went on from an empty one:
  /// so Prometheus writes it for callers that name no chunk before.
  void continue_from_nothing() { continues_ = true; }

 private:
  using Writer = HistogramWriter<AnyHistogram>;

  /// Whether a sample fits, and what a chunk that it begins says of counter resets.
  struct Verdict {
    bool fits = false;
    CounterResetHint header = CounterResetHint::kUnknown;
  };

  static constexpr size_t kHeaderSize = 3;

  Result<AppendOutcome> append_checked(int64_t time, const AnyHistogram& histogram,
                                       int64_t start_time);
  Verdict judge(const AnyHistogram& histogram) const;
  Verdict judge_counter(const AnyHistogram& histogram) const;
  Verdict judge_gauge(const AnyHistogram& histogram) const;
  bool has_layout_of(const AnyHistogram& histogram) const;
  bool any_bucket_fell(const AnyHistogram& histogram) const;
  static CounterResetHint header_of_next(const AnyHistogram& histogram, Verdict verdict);
  CounterResetHint header_of_first(const AnyHistogram& histogram) const;
  Result<AppendOutcome> append_fitting(int64_t time, const AnyHistogram& histogram,
                                       int64_t start_time);
  void start_chunk(const AnyHistogram& histogram);
  Status recode(const BucketUnion& positive, const BucketUnion& negative,
                const AnyHistogram& layout);
  void write(int64_t time, const AnyHistogram& histogram, int64_t start_time);
  std::string finish();

  StartTimes start_times_;
  BitWriter out_;
  uint32_t count_ = 0;
  CounterResetHint header_ = CounterResetHint::kUnknown;
  HistogramLayout layout_;
  DeltaWriter time_;
  Writer last_;
  StartTimeWriter starts_;
  bool continues_ = false;  // the chunk before was cut; layout_ and last_ are still its
  std::optional<CounterResetHint> next_header_;  // of the chunk that was asked for
};

using HistogramEncoder = BasicHistogramEncoder<Histogram>;
using FloatHistogramEncoder = BasicHistogramEncoder<FloatHistogram>;

extern template class BasicHistogramEncoder<Histogram>;
extern template class BasicHistogramEncoder<FloatHistogram>;

}  // namespace mnemo
