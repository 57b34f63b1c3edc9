// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/remote_read.hpp"

#include "base/proto_wire.hpp"
#include "store/prometheus/wire_labels.hpp"

#include <snappy.h>

#include <utility>

namespace mnemo {
namespace {

// Fields of prometheus.ReadRequest, Query and LabelMatcher.
constexpr uint32_t kRequestQueries = 1;
constexpr uint32_t kRequestAcceptedTypes = 2;
constexpr uint32_t kQueryStart = 1;
constexpr uint32_t kQueryEnd = 2;
constexpr uint32_t kQueryMatchers = 3;
constexpr uint32_t kMatcherType = 1;
constexpr uint32_t kMatcherName = 2;
constexpr uint32_t kMatcherValue = 3;
// Of ChunkedReadResponse, ChunkedSeries and Chunk.
constexpr uint32_t kResponseSeries = 1;
constexpr uint32_t kSeriesLabels = 1;
constexpr uint32_t kSeriesChunks = 2;
constexpr uint32_t kChunkMinTime = 1;
constexpr uint32_t kChunkMaxTime = 2;
constexpr uint32_t kChunkType = 3;
constexpr uint32_t kChunkData = 4;

// STREAMED_XOR_CHUNKS, then SAMPLES, as a packed repeated enum.
constexpr std::string_view kAcceptedTypes("\x01\x00", 2);

Status malformed(const char* what) {
  return Status::data_loss(std::string("remote read: malformed ") + what);
}

Status decode_wire_chunk(std::span<const uint8_t> message, const Bytes& frame, Chunk& chunk) {
  ProtoReader reader(message);
  uint64_t type = 0;
  while (reader.next()) {
    switch (reader.field()) {
      case kChunkMinTime: chunk.min_time = reader.int64(); break;
      case kChunkMaxTime: chunk.max_time = reader.int64(); break;
      case kChunkType: type = reader.varint(); break;
      case kChunkData: {
        auto data = reader.bytes();
        if (data.empty()) break;
        chunk.data = frame.slice(static_cast<size_t>(data.data() - frame.data()), data.size());
        break;
      }
      default: break;
    }
  }
  if (reader.failed() || chunk.min_time > chunk.max_time) return malformed("chunk");
  if (type < 1 || type > static_cast<uint64_t>(ChunkEncoding::kFloatHistogramSt)) {
    return Status::unimplemented("remote read: chunk encoding " + std::to_string(type));
  }
  chunk.encoding = static_cast<ChunkEncoding>(type);
  return {};
}

Status decode_chunked_series(std::span<const uint8_t> message, const Bytes& frame, Series& series) {
  ProtoReader reader(message);
  WireLabels labels;
  while (reader.next()) {
    if (reader.field() == kSeriesLabels) {
      MNEMO_RETURN_IF_ERROR(labels.add(reader.bytes()));
    } else if (reader.field() == kSeriesChunks) {
      Chunk chunk;
      MNEMO_RETURN_IF_ERROR(decode_wire_chunk(reader.bytes(), frame, chunk));
      AggregateChunk part;
      part.min_time = chunk.min_time;
      part.max_time = chunk.max_time;
      part.raw = std::move(chunk);
      series.chunks.push_back(std::move(part));
    }
  }
  if (reader.failed()) return malformed("series");
  series.labels = labels.take();
  return {};
}

}  // namespace

std::string encode_read_request(TimeRange range, std::span<const Matcher> matchers) {
  std::string query;
  ProtoWriter query_writer(query);
  query_writer.int64(kQueryStart, range.min);
  query_writer.int64(kQueryEnd, range.max);
  for (const auto& matcher : matchers) {
    std::string message;
    ProtoWriter writer(message);
    writer.varint(kMatcherType, static_cast<uint64_t>(matcher.type()));
    writer.string(kMatcherName, matcher.name());
    writer.string(kMatcherValue, matcher.value());
    query_writer.string_always(kQueryMatchers, message);
  }
  std::string request;
  ProtoWriter writer(request);
  writer.string_always(kRequestQueries, query);
  writer.string_always(kRequestAcceptedTypes, kAcceptedTypes);
  std::string compressed;
  snappy::Compress(request.data(), request.size(), &compressed);
  return compressed;
}

Status decode_chunked_read_response(const Bytes& frame, std::vector<Series>& series) {
  ProtoReader reader(frame.span());
  while (reader.next()) {
    if (reader.field() != kResponseSeries) continue;
    auto message = reader.bytes();
    if (reader.failed()) break;
    MNEMO_RETURN_IF_ERROR(decode_chunked_series(message, frame, series.emplace_back()));
  }
  return reader.failed() ? malformed("frame") : Status();
}

}  // namespace mnemo
