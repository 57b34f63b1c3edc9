// SPDX-License-Identifier: Apache-2.0
#include "tsdb/chunks/record.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

namespace mnemo::tsdb {
namespace {

constexpr size_t kMaxLengthSize = 5;
constexpr size_t kCrcSize = 4;
constexpr uint8_t kVersion = 1;

Status bad_chunk(uint64_t offset, std::string_view reason) {
  return Status::data_loss(fmt::format("chunk at offset {:#x}: {}", offset, reason));
}

std::optional<uint64_t> read_length(ByteReader& reader) {
  uint64_t length = reader.uvarint();
  if (reader.failed() || length > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return length;
}

}  // namespace

Status check_segment_header(std::span<const uint8_t> start) {
  if (start.size() < kSegmentHeaderSize) {
    return Status::data_loss("header at offset 0x0: the file is too short");
  }
  if (uint32_t magic = load_be32(start.data()); magic != kSegmentMagic) {
    return Status::data_loss(fmt::format("header at offset 0x0: bad magic number {:#x}", magic));
  }
  if (start[4] != kVersion) {
    return Status::unimplemented(
        fmt::format("header at offset 0x4: chunks version {} is not supported", start[4]));
  }
  return {};
}

std::optional<uint64_t> chunk_record_size(std::span<const uint8_t> prefix) {
  ByteReader reader(prefix.first(std::min(prefix.size(), kMaxLengthSize)));
  auto length = read_length(reader);
  if (!length) return std::nullopt;
  return reader.offset() + 1 + *length + kCrcSize;
}

Result<RecordView> view_chunk_record(std::span<const uint8_t> bytes, uint64_t offset) {
  ByteReader reader(bytes);
  auto length = read_length(reader);
  if (!length) return bad_chunk(offset, "malformed length");
  if (*length + 1 + kCrcSize > reader.remaining()) {
    return bad_chunk(offset, fmt::format("its {} bytes reach past the end", *length));
  }
  auto checked = reader.bytes(*length + 1);
  if (crc32c(checked) != reader.be32()) return bad_chunk(offset, "CRC mismatch");
  return RecordView{static_cast<ChunkEncoding>(checked[0]), checked.subspan(1),
                    bytes.first(reader.offset())};
}

void append_chunk_record(std::string& out, ChunkEncoding encoding, std::span<const uint8_t> data) {
  append_uvarint(out, data.size());
  auto checked = out.size();
  out += static_cast<char>(encoding);
  out.append(reinterpret_cast<const char*>(data.data()), data.size());
  append_be32(
      out, crc32c({reinterpret_cast<const uint8_t*>(out.data()) + checked, out.size() - checked}));
}

Result<ChunkRecord> parse_chunk_record(const Bytes& bytes, uint64_t offset) {
  MNEMO_TRY(auto view, view_chunk_record(bytes, offset));
  auto start = static_cast<size_t>(view.data.data() - bytes.data());
  return ChunkRecord{view.encoding, bytes.slice(start, view.data.size())};
}

}  // namespace mnemo::tsdb
