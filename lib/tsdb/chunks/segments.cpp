// SPDX-License-Identifier: Apache-2.0
#include "tsdb/chunks/segments.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

#include <algorithm>
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
      result.segments_.push_back({*number, *std::move(bytes)});
    } else if (bad != nullptr) {
      bad->emplace(*number, bytes.status());
    } else {
      return bytes.status();
    }
  }
  if (error) return errno_status(error.value(), "list", directory);
  std::sort(result.segments_.begin(), result.segments_.end(),
            [](const Segment& a, const Segment& b) { return a.number < b.number; });
  return result;
}

/// The segment that a reference names, which lies within it.
Result<const ChunkSegments::Segment*> ChunkSegments::find(uint64_t ref) const {
  uint32_t number = segment_of(ref);
  uint32_t offset = offset_of(ref);
  auto segment = segments_.begin() + std::min<ptrdiff_t>(number, std::ssize(segments_));
  if (segment == segments_.end() || segment->number != number) {
    segment = std::lower_bound(segments_.begin(), segments_.end(), number,
                               [](const Segment& s, uint32_t n) { return s.number < n; });
  }
  if (segment == segments_.end() || segment->number != number) {
    return Status::data_loss(fmt::format("{}: chunk at offset {:#x}: the segment is missing",
                                         segment_name(number), offset));
  }
  if (offset < kSegmentHeaderSize || offset >= segment->bytes.size()) {
    return Status::data_loss(
        fmt::format("{}: chunk at offset {:#x}: outside of the segment's {} bytes",
                    segment_name(number), offset, segment->bytes.size()));
  }
  return &*segment;
}

Result<RecordView> ChunkSegments::view(uint64_t ref) const {
  MNEMO_TRY(const auto* segment, find(ref));
  auto view = view_chunk_record(segment->bytes.span().subspan(offset_of(ref)), offset_of(ref));
  if (!view.ok()) {
    return std::move(view).status().with_context(segment_name(segment->number));
  }
  return view;
}

Result<ChunkRecord> ChunkSegments::read(uint64_t ref) const {
  MNEMO_TRY(auto record, view(ref));
  MNEMO_TRY(const auto* segment, find(ref));
  return ChunkRecord{record.encoding, {record.data, segment->bytes.owner()}};
}

}  // namespace mnemo::tsdb
