// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/aggregate.hpp"
#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_encode.hpp"
#include "chunkenc/xor2_encode.hpp"
#include "chunkenc/xor_encode.hpp"
#include "support/golden.hpp"

#include <mnemo/block.hpp>

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

StartTimes start_times_of(ChunkEncoding encoding) {
  return encoding == ChunkEncoding::kHistogramSt || encoding == ChunkEncoding::kFloatHistogramSt
             ? StartTimes::kStored
             : StartTimes::kNone;
}

int64_t start_time(const SampleColumn& column, size_t i) {
  return column.start_times.empty() ? 0 : column.start_times[i];
}

struct FloatSample {
  int64_t time;
  FloatHistogram histogram;
  int64_t start_time;
};

std::vector<HistogramSample> samples_of(const Chunk& chunk, const HistogramEncoder&) {
  std::vector<HistogramSample> samples;
  REQUIRE(decode_histogram_chunk(chunk, TimeRange(), samples).ok());
  return samples;
}

std::vector<FloatSample> samples_of(const Chunk& chunk, const FloatHistogramEncoder&) {
  SampleColumn column;
  REQUIRE(decode_chunk(chunk, TimeRange(), column).ok());
  std::vector<FloatSample> samples;
  for (size_t i = 0; i < column.size(); ++i) {
    samples.push_back({column.times[i], *column.histogram(i), start_time(column, i)});
  }
  return samples;
}

/// The byte that holds what the chunk says of counter resets.
size_t header_position(ChunkEncoding encoding) {
  return start_times_of(encoding) == StartTimes::kStored ? 0 : 2;
}

std::string without_reset_header(std::string data, ChunkEncoding encoding) {
  data[header_position(encoding)] &= 0x3f;
  return data;
}

/// Chunks by what their headers say of counter resets: unknown, not reset, reset, gauge.
using Headers = std::array<size_t, 4>;

struct Counts {
  std::map<int, Headers> chunks;  // by encoding; those without such a header count as unknown
  size_t other_headers = 0;

  void add(const Chunk& chunk, size_t header = 0) {
    ++chunks[static_cast<int>(chunk.encoding)].at(header);
  }
};

/// Encodes the histogram chunks of one series one after the other, as its writer did.
template <typename Encoder>
class SeriesEncoder {
 public:
  void check(const Chunk& chunk, Counts& counts) {
    if (!encoder_ || encoder_->encoding() != chunk.encoding) {
      encoder_.emplace(start_times_of(chunk.encoding));
      is_first_ = true;
      last_differs_ = false;
    }
    auto samples = samples_of(chunk, *encoder_);
    bool is_gauge = (chunk.data[header_position(chunk.encoding)] & 0xc0) == 0xc0;
    for (size_t i = 0; i < samples.size(); ++i) {
      auto& sample = samples[i];
      if (is_gauge) sample.histogram.counter_reset_hint = CounterResetHint::kGauge;
      if (i == 0) cut_before(sample);
      auto outcome = encoder_->append(sample.time, sample.histogram, sample.start_time);
      REQUIRE(outcome);
      REQUIRE_EQ(*outcome, AppendOutcome::kAppended);
    }
    auto ours = Encoder(*encoder_).take();
    std::string theirs(chunk.data.as_string());
    CHECK_EQ(without_reset_header(ours, chunk.encoding),
             without_reset_header(theirs, chunk.encoding));
    // Of the first chunk's past the block knows nothing, and a head block's last chunk was cut
    // short without looking at the one before.
    if (last_differs_) ++counts.other_headers;
    last_differs_ = !is_first_ && ours != theirs;
    is_first_ = false;
    counts.add(chunk, chunk.data[header_position(chunk.encoding)] >> 6);
  }

  void forget() { encoder_.reset(); }

 private:
  /// Lets the encoder ask for a new chunk where it would, else cuts at the number of samples.
  template <typename Sample>
  void cut_before(const Sample& sample) {
    if (encoder_->size() == 0) return;
    auto probe = *encoder_;
    auto outcome = probe.append(sample.time, sample.histogram, sample.start_time);
    REQUIRE(outcome);
    if (*outcome == AppendOutcome::kNewChunk) encoder_ = std::move(probe);
    encoder_->cut();
  }

  std::optional<Encoder> encoder_;
  bool is_first_ = true;
  bool last_differs_ = false;
};

std::string encode_floats(const Chunk& chunk) {
  SampleColumn column;
  REQUIRE(decode_chunk(chunk, TimeRange(), column).ok());
  if (chunk.encoding == ChunkEncoding::kXor) {
    XorEncoder encoder;
    for (size_t i = 0; i < column.size(); ++i) encoder.append(column.times[i], column.values[i]);
    return encoder.take();
  }
  Xor2Encoder encoder;
  for (size_t i = 0; i < column.size(); ++i) {
    encoder.append(column.times[i], column.values[i], start_time(column, i));
  }
  return encoder.take();
}

class SeriesChecker {
 public:
  explicit SeriesChecker(Counts& counts) : counts_(counts) {}

  void check(const Chunk& chunk) {
    switch (chunk.encoding) {
      case ChunkEncoding::kXor:
      case ChunkEncoding::kXor2:
        CHECK_EQ(encode_floats(chunk), chunk.data.as_string());
        counts_.add(chunk);
        integers_.forget();
        floats_.forget();
        break;
      case ChunkEncoding::kAggregate: check_parts(chunk); break;
      case ChunkEncoding::kHistogram:
      case ChunkEncoding::kHistogramSt:
        integers_.check(chunk, counts_);
        floats_.forget();
        break;
      default:
        floats_.check(chunk, counts_);
        integers_.forget();
        break;
    }
  }

 private:
  void check_parts(const Chunk& chunk) {
    auto parts = split_aggregate(chunk);
    REQUIRE(parts);
    CHECK_EQ(join_aggregate(*parts), chunk.data.as_string());
    for (const auto& part : parts->parts) {
      if (!part) continue;
      Counts counts;
      SeriesChecker(counts).check(*part);
    }
    counts_.add(chunk);
  }

  Counts& counts_;
  SeriesEncoder<HistogramEncoder> integers_;
  SeriesEncoder<FloatHistogramEncoder> floats_;
};

Counts check_folder(const std::filesystem::path& folder) {
  Counts counts;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    auto block = Block::open(entry.path());
    REQUIRE(block);
    auto selection = (*block)->select({}, TimeRange());
    REQUIRE(selection);
    BlockSeries series;
    while (*(*selection)->next(series)) {
      SeriesChecker checker(counts);
      for (const auto& meta : series.chunks) {
        auto chunk = (*block)->read_chunk(meta);
        REQUIRE(chunk);
        checker.check(*chunk);
      }
    }
  }
  return counts;
}

}  // namespace

TEST_CASE("chunks: what others encoded is encoded again byte for byte") {
  auto golden = golden_dir();
  if (!golden) return;
  struct Folder {
    const char* name;
    std::map<int, Headers> chunks;  // as the segment files have them
    // Merging cuts chunks anew and knows no chunk before: the tests of merging compare these.
    bool has_writers_headers;
  };
  const Folder folders[] = {
      {"raw", {{1, {875}}, {2, {114, 36, 8031, 41}}, {3, {24, 124, 5, 0}}}, true},
      {"compacted", {{1, {875}}, {2, {114, 36, 8031, 41}}, {3, {24, 124, 5, 0}}}, false},
      {"vertical-one-to-one", {{1, {888}}, {2, {246, 1, 12029, 25}}, {3, {33, 2, 2029, 0}}}, false},
      {"vertical-penalty", {{1, {690}}, {2, {252, 1, 7889, 20}}, {3, {33, 2, 44, 0}}}, false},
      {"downsampled-5m", {{255, {156}}}, false},
      {"downsampled-1h", {{255, {112}}}, false},
      {"prometheus-3.14-xor2", {{2, {7, 4, 667, 4}}, {3, {2, 12, 0, 0}}, {4, {76}}}, true},
      {"prometheus-3.14-xor2-st", {{4, {76}}, {5, {8, 4, 667, 4}}, {6, {2, 12, 0, 0}}}, true},
  };
  for (const auto& folder : folders) {
    INFO(folder.name);
    auto counts = check_folder(*golden / folder.name);
    CHECK(counts.chunks == folder.chunks);
    if (folder.has_writers_headers) CHECK_EQ(counts.other_headers, 0);
  }
}
