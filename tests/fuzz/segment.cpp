// SPDX-License-Identifier: Apache-2.0
#include "base/varint.hpp"
#include "fuzz/checksums.hpp"
#include "fuzz/targets.hpp"
#include "tsdb/chunks/record.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace mnemo::fuzz {
namespace {

constexpr size_t kMaxLengthSize = 5;

std::optional<uint64_t> size_at(std::span<const uint8_t> file, size_t offset) {
  return tsdb::chunk_record_size(file.subspan(offset));
}

/// Reads record after record, as far as they are well formed.
void walk(std::span<const uint8_t> file) {
  (void)tsdb::check_segment_header(file).ok();
  Bytes bytes(file, nullptr);
  for (size_t offset = tsdb::kSegmentHeaderSize; offset < file.size();) {
    auto rest = bytes.slice(offset, file.size() - offset);
    auto size = size_at(file, offset);
    auto record = tsdb::parse_chunk_record(rest, offset);
    require(!record.ok() || (size && *size <= rest.size()));
    if (!record.ok()) return;
    require(*size - record->data.size() <= tsdb::kMaxRecordOverhead);
    require(record->data.data() + record->data.size() + sizeof(uint32_t) == rest.data() + *size);
    // A reader that knows no more than where the record ends sees the same one, and none in less.
    auto exact = tsdb::parse_chunk_record(bytes.slice(offset, *size), offset);
    require(exact.ok() && exact->encoding == record->encoding && exact->data == record->data);
    require(!tsdb::parse_chunk_record(bytes.slice(offset, *size - 1), offset).ok());
    offset += *size;
  }
}

void mend(std::span<uint8_t> file) {
  for (size_t offset = tsdb::kSegmentHeaderSize; offset < file.size();) {
    ByteReader reader(file.subspan(offset, std::min(kMaxLengthSize, file.size() - offset)));
    uint64_t length = reader.uvarint();
    auto size = size_at(file, offset);
    if (!size || *size > file.size() - offset) return;
    mend_crc(file, offset + reader.offset(), length + 1);
    offset += *size;
  }
}

}  // namespace

void run_segment(std::span<const uint8_t> data) {
  walk(data);
  std::vector<uint8_t> mended(data.begin(), data.end());
  mend(mended);
  walk(mended);
}

}  // namespace mnemo::fuzz
