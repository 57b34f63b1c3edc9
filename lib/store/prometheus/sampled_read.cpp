// SPDX-License-Identifier: Apache-2.0
// The answer of servers that can't stream chunks: all samples in one message.
#include "base/proto_wire.hpp"
#include "chunkenc/xor_encode.hpp"
#include "store/prometheus/remote_read.hpp"
#include "store/prometheus/wire_labels.hpp"

#include <snappy.h>

#include <string>
#include <utility>

namespace mnemo {
namespace {

// Fields of prometheus.ReadResponse, QueryResult, TimeSeries and Sample.
constexpr uint32_t kResponseResults = 1;
constexpr uint32_t kResultSeries = 1;
constexpr uint32_t kSeriesLabels = 1;
constexpr uint32_t kSeriesSamples = 2;
constexpr uint32_t kSeriesHistograms = 4;
constexpr uint32_t kSampleValue = 1;
constexpr uint32_t kSampleTime = 2;

constexpr uint32_t kSamplesPerChunk = 120;  // as Prometheus cuts them

Status malformed(const char* what) {
  return Status::data_loss(std::string("remote read: malformed ") + what);
}

/// Encodes samples as they come into chunks.
class ChunkBuilder {
 public:
  Status add(int64_t time, double value) {
    if (any_ && time <= last_) return malformed("series: times not in order");
    if (encoder_.size() == kSamplesPerChunk) cut();
    if (encoder_.size() == 0) first_ = time;
    encoder_.append(time, value);
    last_ = time;
    any_ = true;
    return {};
  }

  std::vector<AggregateChunk> finish() {
    if (encoder_.size() > 0) cut();
    return std::move(chunks_);
  }

 private:
  void cut() {
    AggregateChunk part;
    part.min_time = first_;
    part.max_time = last_;
    part.raw = Chunk{first_, last_, ChunkEncoding::kXor, Bytes::own(encoder_.take())};
    chunks_.push_back(std::move(part));
  }

  XorEncoder encoder_;
  std::vector<AggregateChunk> chunks_;
  int64_t first_ = 0;
  int64_t last_ = 0;
  bool any_ = false;
};

Status decode_sample(std::span<const uint8_t> message, ChunkBuilder& chunks) {
  ProtoReader reader(message);
  double value = 0;
  int64_t time = 0;
  while (reader.next()) {
    if (reader.field() == kSampleValue) value = reader.fixed_double();
    if (reader.field() == kSampleTime) time = reader.int64();
  }
  if (reader.failed()) return malformed("sample");
  return chunks.add(time, value);
}

Status decode_series(std::span<const uint8_t> message, Series& series) {
  ProtoReader reader(message);
  WireLabels labels;
  ChunkBuilder chunks;
  while (reader.next()) {
    if (reader.field() == kSeriesLabels) {
      MNEMO_RETURN_IF_ERROR(labels.add(reader.bytes()));
    } else if (reader.field() == kSeriesSamples) {
      MNEMO_RETURN_IF_ERROR(decode_sample(reader.bytes(), chunks));
    } else if (reader.field() == kSeriesHistograms) {
      return Status::unimplemented("remote read: native histograms in an answer in samples");
    }
  }
  if (reader.failed()) return malformed("series");
  series.labels = labels.take();
  series.chunks = chunks.finish();
  return {};
}

Status decode_result(std::span<const uint8_t> message, std::vector<Series>& series) {
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() != kResultSeries) continue;
    Series one;
    MNEMO_RETURN_IF_ERROR(decode_series(reader.bytes(), one));
    if (!one.chunks.empty()) series.push_back(std::move(one));
  }
  return reader.failed() ? malformed("result") : Status();
}

}  // namespace

Status decode_read_response(std::string_view compressed, size_t max_bytes,
                            std::vector<Series>& series) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(compressed.data(), compressed.size(), &size)) {
    return malformed("answer: not snappy");
  }
  if (size > max_bytes) {
    return Status::resource_exhausted("remote read: the answer is larger than " +
                                      std::to_string(max_bytes) + " bytes");
  }
  std::string message;
  if (!snappy::Uncompress(compressed.data(), compressed.size(), &message)) {
    return malformed("answer: not snappy");
  }
  ProtoReader reader({reinterpret_cast<const uint8_t*>(message.data()), message.size()});
  while (reader.next()) {
    if (reader.field() == kResponseResults) {
      MNEMO_RETURN_IF_ERROR(decode_result(reader.bytes(), series));
    }
  }
  return reader.failed() ? malformed("answer") : Status();
}

}  // namespace mnemo
