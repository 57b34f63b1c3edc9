// SPDX-License-Identifier: Apache-2.0
#include "tsdb/chunks/segments.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace mnemo::tsdb {
namespace {

/// The number of the segment with this file name, from 0.
std::optional<uint32_t> segment_number(const std::string& name) {
  uint32_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number == 0) return std::nullopt;
  return number - 1;
}

Result<Bytes> map_segment(const std::filesystem::path& path, uint32_t number) {
  MNEMO_TRY(auto bytes, map_file(path));
  MNEMO_RETURN_IF_ERROR(check_segment_header(bytes).with_context(segment_name(number)));
  return bytes;
}

}  // namespace

std::string segment_name(uint32_t segment) {
  return fmt::format("chunks/{:06}", uint64_t{segment} + 1);
}

Result<ChunkSegments> ChunkSegments::open(const std::filesystem::path& directory,
                                          std::map<uint32_t, Status>* bad) {
  ChunkSegments result;
  std::error_code error;
  std::filesystem::directory_iterator at(directory, error);
  if (error) return errno_status(error.value(), "open", directory);
  for (; at != std::filesystem::directory_iterator(); at.increment(error)) {
    auto number = segment_number(at->path().filename().string());
    if (!number) continue;
    auto bytes = map_segment(at->path(), *number);
    if (bytes.ok()) {
      result.segments_.emplace(*number, *std::move(bytes));
    } else if (bad != nullptr) {
      bad->emplace(*number, bytes.status());
    } else {
      return bytes.status();
    }
  }
  if (error) return errno_status(error.value(), "list", directory);
  return result;
}

/// The segment that a reference names, within which it lies.
Result<const Bytes*> ChunkSegments::find(uint64_t ref) const {
  auto segment = segments_.find(segment_of(ref));
  uint32_t offset = offset_of(ref);
  if (segment == segments_.end()) {
    return Status::data_loss(fmt::format("{}: chunk at offset {:#x}: the segment is missing",
                                         segment_name(segment_of(ref)), offset));
  }
  const auto& bytes = segment->second;
  if (offset < kSegmentHeaderSize || offset >= bytes.size()) {
    return Status::data_loss(
        fmt::format("{}: chunk at offset {:#x}: outside of the segment's {} bytes",
                    segment_name(segment->first), offset, bytes.size()));
  }
  return &bytes;
}

Result<RecordView> ChunkSegments::view(uint64_t ref) const {
  MNEMO_TRY(const auto* segment, find(ref));
  auto record = view_chunk_record(segment->span().subspan(offset_of(ref)), offset_of(ref));
  if (!record.ok()) return std::move(record).status().with_context(segment_name(segment_of(ref)));
  return record;
}

Result<ChunkRecord> ChunkSegments::read(uint64_t ref) const {
  MNEMO_TRY(auto record, view(ref));
  MNEMO_TRY(const auto* segment, find(ref));
  return ChunkRecord{record.encoding, {record.data, segment->owner()}};
}

}  // namespace mnemo::tsdb
