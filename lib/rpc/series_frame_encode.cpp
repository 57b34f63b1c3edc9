// SPDX-License-Identifier: Apache-2.0
#include "rpc/series_frame.hpp"

#include "chunkenc/transcode.hpp"
#include "rpc/wire_parts.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>

// Sizes are computed first, then everything is appended to a buffer that has room: one pass over
// labels and chunks for each, bounded by copying the chunk bytes and hashing them.

namespace mnemo::rpc {
namespace {

constexpr uint32_t kSeriesField = 1;   // of SeriesResponse and of SeriesBatch
constexpr uint32_t kWarningField = 2;  // of SeriesResponse
constexpr uint32_t kHintsField = 3;
constexpr uint32_t kBatchField = 4;

/// Calls visit(aggregate, part) for each part of a chunk.
template <typename Visit>
void for_each_part(const AggregateChunk& chunk, const Visit& visit) {
  if (chunk.raw) visit(Aggregate::kRaw, *chunk.raw);
  for (const auto& [aggregate, part] : chunk.aggregates) visit(aggregate, part);
}

/// The StoreAPI counts encodings from XOR as 0.
uint64_t wire_encoding(ChunkEncoding encoding) { return static_cast<uint64_t>(encoding) - 1; }

size_t varint_field_size(uint64_t value) { return value == 0 ? 0 : 1 + uvarint_size(value); }

size_t delimited_size(size_t content) { return 1 + uvarint_size(content) + content; }

uint64_t chunk_hash(const Chunk& chunk) { return XXH64(chunk.data.data(), chunk.data.size(), 0); }

size_t chunk_size(const Chunk& chunk, uint64_t hash) {
  size_t data = chunk.data.empty() ? 0 : delimited_size(chunk.data.size());
  return varint_field_size(wire_encoding(chunk.encoding)) + data + varint_field_size(hash);
}

/// Short fields on their way into a frame, which takes them at once.
class ShortFields {
 public:
  void varint(uint32_t field, uint64_t value) {
    if (value == 0) return;
    put(field << 3);
    put(value);
  }
  void length_prefix(uint32_t field, size_t size) {
    put(field << 3 | 2);
    put(size);
  }
  void flush(std::string& out) {
    out.append(bytes_.data(), size_);
    size_ = 0;
  }

 private:
  void put(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_[size_++] = static_cast<char>(value | 0x80);
    bytes_[size_++] = static_cast<char>(value);
  }

  // Between two texts stand at most seven fields of at most eleven bytes.
  std::array<char, 96> bytes_;
  size_t size_ = 0;
};

/// Appends the parts of a chunk; `fields` may hold what goes before them.
void append_parts(std::string& out, ShortFields& fields, const AggregateChunk& chunk,
                  const SeriesFrameEncoder::PartSize*& sizes) {
  for_each_part(chunk, [&](Aggregate aggregate, const Chunk& part) {
    fields.length_prefix(kFirstPartField + static_cast<uint32_t>(aggregate), sizes->size);
    fields.varint(1, wire_encoding(part.encoding));
    if (!part.data.empty()) {
      fields.length_prefix(2, part.data.size());
      fields.flush(out);
      out += part.data.as_string();
    }
    fields.varint(3, sizes->hash);
    fields.flush(out);
    ++sizes;
  });
}

/// Whether the StoreAPI has a number for the encoding of every chunk.
bool has_wire_encodings(const Series& series) {
  bool all = true;
  for (const auto& chunk : series.chunks) {
    for_each_part(chunk, [&](Aggregate, const Chunk& part) {
      all = all && is_common_encoding(part.encoding);
    });
  }
  return all;
}

Status transcode(const AggregateChunk& chunk, std::vector<AggregateChunk>& out) {
  if (!chunk.raw || is_common_encoding(chunk.raw->encoding)) {
    out.push_back(chunk);
    return {};
  }
  std::vector<Chunk> transcoded;
  MNEMO_RETURN_IF_ERROR(append_in_common_encoding(*chunk.raw, transcoded));
  for (auto& raw : transcoded) {
    AggregateChunk part;
    part.min_time = raw.min_time;
    part.max_time = raw.max_time;
    part.raw = std::move(raw);
    out.push_back(std::move(part));
  }
  return {};
}

/// The series with its raw chunks in encodings that the StoreAPI has numbers for.
Result<Series> transcode(const Series& series) {
  Series result{series.labels, {}};
  for (const auto& chunk : series.chunks) {
    MNEMO_RETURN_IF_ERROR(
        transcode(chunk, result.chunks).with_context("series " + series.labels.to_string()));
  }
  if (has_wire_encodings(result)) return result;
  return Status::data_loss("an aggregate in a chunk encoding that the StoreAPI lacks: series " +
                           series.labels.to_string());
}

}  // namespace

/// The size of what `append_parts` and the times before it append; hashes and sizes are kept.
size_t SeriesFrameEncoder::measure(const AggregateChunk& chunk) {
  size_t size = varint_field_size(static_cast<uint64_t>(chunk.min_time)) +
                varint_field_size(static_cast<uint64_t>(chunk.max_time));
  for_each_part(chunk, [&](Aggregate, const Chunk& part) {
    uint64_t hash = chunk_hash(part);
    size_t part_size = chunk_size(part, hash);
    part_sizes_.push_back({hash, part_size});
    size += delimited_size(part_size);
  });
  return size;
}

Status SeriesFrameEncoder::add(const Series& series) {
  if (!has_wire_encodings(series)) {
    MNEMO_TRY(auto transcoded, transcode(series));
    return add(transcoded);
  }
  size_t size = labels_size(series.labels);
  part_sizes_.clear();
  chunk_sizes_.clear();
  for (const auto& chunk : series.chunks) {
    chunk_sizes_.push_back(measure(chunk));
    size += delimited_size(chunk_sizes_.back());
  }
  if (body_.empty()) body_.reserve(std::max(last_size_, delimited_size(size)));

  ProtoWriter(body_).length_prefix(kSeriesField, size);
  append_labels(body_, series.labels);
  const auto* sizes = part_sizes_.data();
  ShortFields fields;
  for (size_t i = 0; i < series.chunks.size(); ++i) {
    const auto& chunk = series.chunks[i];
    fields.length_prefix(2, chunk_sizes_[i]);
    fields.varint(1, static_cast<uint64_t>(chunk.min_time));
    fields.varint(2, static_cast<uint64_t>(chunk.max_time));
    append_parts(body_, fields, chunk, sizes);
    fields.flush(body_);
  }
  ++count_;
  return {};
}

std::string SeriesFrameEncoder::batch_header() const {
  std::string header;
  ProtoWriter(header).length_prefix(kBatchField, body_.size());
  return header;
}

std::string SeriesFrameEncoder::take_body() {
  last_size_ = body_.size();
  count_ = 0;
  return std::exchange(body_, {});
}

std::string encode_warning_frame(std::string_view warning) {
  std::string out;
  ProtoWriter(out).string_always(kWarningField, warning);
  return out;
}

std::string encode_hints_frame(const std::vector<std::string>& queried_blocks) {
  std::string hints;
  std::string block;
  for (const auto& id : queried_blocks) {
    block.clear();
    ProtoWriter(block).string(1, id);
    ProtoWriter(hints).string_always(1, block);
  }
  std::string out;
  append_any(out, kHintsField, "hintspb.SeriesResponseHints", hints);
  return out;
}

}  // namespace mnemo::rpc
