// SPDX-License-Identifier: Apache-2.0
#include "rpc/series_frame.hpp"
#include "rpc/wire_parts.hpp"

#include <algorithm>

namespace mnemo::rpc {
namespace {

constexpr uint64_t kWireEncodings = 3;

Status malformed(std::string_view what) {
  return Status::data_loss("malformed " + std::string(what) + " in the answer to a Series call");
}

bool in_order(const std::vector<LabelView>& views) {
  for (size_t i = 0; i < views.size(); ++i) {
    if (views[i].value.empty()) return false;
    if (i > 0 && views[i - 1].name >= views[i].name) return false;
  }
  return true;
}

/// Labels that a peer didn't sort, or whose values are empty, are put in order.
Labels make_labels(const std::vector<LabelView>& views) {
  if (in_order(views)) {
    LabelsAppender appender;
    for (const auto& label : views) appender.append(label.name, label.value);
    return appender.take();
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(views.size());
  for (const auto& label : views) pairs.emplace_back(label.name, label.value);
  return Labels::from_pairs(std::move(pairs));
}

}  // namespace

void SeriesFrameDecoder::start(Bytes frame) {
  frame_ = std::move(frame);
  reader_ = ProtoReader(frame_.span());
  batch_ = ProtoReader({});
}

Result<bool> SeriesFrameDecoder::next(Series& series) {
  while (true) {
    MNEMO_TRY(bool in_batch, next_of_batch(series));
    if (in_batch) return true;
    if (!reader_.next()) break;
    switch (reader_.field()) {
      case 1: {
        auto data = reader_.bytes();
        if (reader_.failed()) return malformed("frame");
        MNEMO_RETURN_IF_ERROR(read_series(data, series));
        return true;
      }
      case 2: warnings_.emplace_back(reader_.string()); break;
      case 3: MNEMO_RETURN_IF_ERROR(read_hints(reader_.bytes())); break;
      case 4: batch_ = ProtoReader(reader_.bytes()); break;
      default: break;
    }
  }
  if (reader_.failed()) return malformed("frame");
  frame_ = {};
  return false;
}

Result<bool> SeriesFrameDecoder::next_of_batch(Series& series) {
  while (batch_.next()) {
    if (batch_.field() != 1) continue;
    auto data = batch_.bytes();
    if (batch_.failed()) break;
    MNEMO_RETURN_IF_ERROR(read_series(data, series));
    return true;
  }
  if (batch_.failed()) return malformed("batch");
  return false;
}

Status SeriesFrameDecoder::read_series(std::span<const uint8_t> data, Series& series) {
  size_t chunks = 0;
  label_views_.clear();
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) {
      if (!read_label(reader.bytes(), label_views_.emplace_back())) return malformed("label");
    } else if (reader.field() == 2) {
      if (chunks == series.chunks.size()) series.chunks.emplace_back();
      if (!read_aggregate_chunk(reader.bytes(), series.chunks[chunks++])) return malformed("chunk");
    }
  }
  if (reader.failed()) return malformed("series");
  series.chunks.resize(chunks);
  series.labels = make_labels(label_views_);
  return {};
}

bool SeriesFrameDecoder::read_aggregate_chunk(std::span<const uint8_t> data,
                                              AggregateChunk& chunk) const {
  chunk = AggregateChunk();
  ProtoReader reader(data);
  bool good = true;
  while (good && reader.next()) {
    switch (reader.field()) {
      case 1: chunk.min_time = reader.int64(); break;
      case 2: chunk.max_time = reader.int64(); break;
      default: good = read_part(reader, chunk);
    }
  }
  if (!good || reader.failed()) return false;
  auto set_times = [&](Chunk& part) {
    part.min_time = chunk.min_time;
    part.max_time = chunk.max_time;
  };
  if (chunk.raw) set_times(*chunk.raw);
  for (auto& [aggregate, part] : chunk.aggregates) set_times(part);
  return true;
}

/// The chunk that the field at hand holds, if it is one.
bool SeriesFrameDecoder::read_part(ProtoReader& reader, AggregateChunk& chunk) const {
  uint32_t aggregate = reader.field() - kFirstPartField;
  if (reader.field() < kFirstPartField || aggregate > static_cast<uint32_t>(Aggregate::kCounter)) {
    return true;
  }
  Chunk part;
  if (!read_chunk(reader.bytes(), part)) return false;
  chunk.set(static_cast<Aggregate>(aggregate), std::move(part));
  return true;
}

bool SeriesFrameDecoder::read_chunk(std::span<const uint8_t> data, Chunk& chunk) const {
  uint64_t encoding = 0;
  std::span<const uint8_t> bytes;
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) encoding = reader.varint();
    if (reader.field() == 2) bytes = reader.bytes();
  }
  if (reader.failed() || encoding >= kWireEncodings) return false;
  chunk.encoding = static_cast<ChunkEncoding>(encoding + 1);
  chunk.data = Bytes(bytes, frame_.owner());
  return true;
}

/// Hints of other kinds are left alone.
Status SeriesFrameDecoder::read_hints(std::span<const uint8_t> any) {
  auto message = read_any(any, "hintspb.SeriesResponseHints");
  if (!message) return {};
  ProtoReader reader(*message);
  while (reader.next()) {
    if (reader.field() != 1) continue;
    ProtoReader block(reader.bytes());
    while (block.next()) {
      if (block.field() == 1) queried_blocks_.emplace_back(block.string());
    }
    if (block.failed()) return malformed("hints");
  }
  return reader.failed() ? malformed("hints") : Status();
}

}  // namespace mnemo::rpc
