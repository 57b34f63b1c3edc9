// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/series.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"
#include "tsdb/index/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

namespace mnemo::tsdb {
namespace {

constexpr std::string_view kWhat = "series entry";
constexpr size_t kMaxLengthSize = 5;

/// Reads the length before an entry, which is at most 32 bits wide.
std::optional<uint64_t> read_length(ByteReader& reader) {
  uint64_t length = reader.uvarint();
  if (reader.failed() || length > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return length;
}

/// Reads the times and references of the chunks, each relative to the one before. Unsigned
/// arithmetic, so that negative differences (chunks that overlap) and hostile ones wrap.
bool read_chunks(ByteReader& reader, TimeRange range, std::vector<ChunkMeta>& chunks) {
  uint64_t count = reader.uvarint();
  if (count > reader.remaining() / 3) return false;
  if (range == TimeRange()) chunks.reserve(count);
  uint64_t time = 0;
  uint64_t ref = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t min = i == 0 ? static_cast<uint64_t>(reader.varint()) : time + reader.uvarint();
    uint64_t max = min + reader.uvarint();
    ref += i == 0 ? reader.uvarint() : static_cast<uint64_t>(reader.varint());
    ChunkMeta chunk{static_cast<int64_t>(min), static_cast<int64_t>(max), ref};
    if (chunk.min_time > chunk.max_time) return false;
    if (chunk.range().overlaps(range)) chunks.push_back(chunk);
    time = max;
  }
  return true;
}

}  // namespace

std::optional<uint64_t> series_entry_size(std::span<const uint8_t> prefix) {
  ByteReader reader(prefix.first(std::min(prefix.size(), kMaxLengthSize)));
  auto length = read_length(reader);
  if (!length) return std::nullopt;
  return reader.offset() + *length + kCrcSize;
}

Result<std::span<const uint8_t>> series_entry_content(std::span<const uint8_t> bytes,
                                                      uint64_t offset) {
  ByteReader reader(bytes);
  auto length = read_length(reader);
  if (!length) return Status::data_loss(located(kWhat, offset, "malformed length"));
  if (*length + kCrcSize > reader.remaining()) {
    return Status::data_loss(
        located(kWhat, offset, fmt::format("its {} bytes reach past the end", *length)));
  }
  auto content = reader.bytes(*length);
  if (crc32c(content) != reader.be32()) {
    return Status::data_loss(located(kWhat, offset, "CRC mismatch"));
  }
  return content;
}

Status decode_series_entry(std::span<const uint8_t> content, uint64_t offset,
                           std::vector<SymbolPair>& labels, std::vector<ChunkMeta>* chunks,
                           TimeRange range) {
  labels.clear();
  if (chunks != nullptr) chunks->clear();
  ByteReader reader(content);
  uint64_t count = reader.uvarint();
  if (count > reader.remaining() / 2) {
    return Status::data_loss(located(kWhat, offset, "more labels than bytes"));
  }
  labels.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t name = reader.uvarint();
    uint64_t value = reader.uvarint();
    if ((name | value) > std::numeric_limits<uint32_t>::max()) reader.fail();
    labels.push_back({static_cast<uint32_t>(name), static_cast<uint32_t>(value)});
  }
  if (reader.failed()) return Status::data_loss(located(kWhat, offset, "malformed labels"));
  if (chunks != nullptr && (!read_chunks(reader, range, *chunks) || reader.failed())) {
    chunks->clear();
    return Status::data_loss(located(kWhat, offset, "malformed chunk list"));
  }
  return {};
}

Result<std::string_view> LabelResolver::recall(uint32_t number) {
  MNEMO_TRY(auto symbol, symbols_->lookup(number));
  recent_[number & (recent_.size() - 1)] = {number, symbol};
  return symbol;
}

bool LabelResolver::is_needed(std::string_view name) const {
  return !needed_ || std::binary_search(needed_->begin(), needed_->end(), name, std::less<>());
}

Status LabelResolver::resolve(std::span<const SymbolPair> labels, uint64_t offset, Labels& result) {
  appender_.clear();
  std::string_view last;
  for (const auto& label : labels) {
    auto name = remembered(label.name);
    if (name.data() == nullptr) {
      MNEMO_TRY(name, recall(label.name));
    }
    if (name <= last) return Status::data_loss(located(kWhat, offset, "labels out of order"));
    last = name;
    if (!is_needed(name)) continue;
    auto value = remembered(label.value);
    if (value.data() == nullptr) {
      MNEMO_TRY(value, recall(label.value));
    }
    if (!value.empty()) appender_.append(name, value);
  }
  result = appender_.labels();
  return {};
}

Result<Labels> resolve_labels(std::span<const SymbolPair> labels, const Symbols& symbols,
                              uint64_t offset) {
  LabelsAppender appender;
  std::string_view last;
  for (const auto& label : labels) {
    MNEMO_TRY(auto name, symbols.lookup(label.name));
    MNEMO_TRY(auto value, symbols.lookup(label.value));
    if (name <= last) return Status::data_loss(located(kWhat, offset, "labels out of order"));
    last = name;
    if (!value.empty()) appender.append(name, value);
  }
  return appender.take();
}

}  // namespace mnemo::tsdb
