// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/tombstones.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo::tsdb {
namespace {

constexpr uint32_t kMagic = 0x0130BA30;
constexpr uint8_t kVersion = 1;
constexpr size_t kHeaderSize = 5;
constexpr size_t kCrcSize = 4;

}  // namespace

void normalize(std::vector<TimeRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const TimeRange& a, const TimeRange& b) { return a.min < b.min; });
  size_t kept = 0;
  for (const auto& range : ranges) {
    if (range.empty()) continue;
    bool joins =
        kept > 0 && (ranges[kept - 1].max == kMaxTime || range.min <= ranges[kept - 1].max + 1);
    if (joins) {
      ranges[kept - 1].max = std::max(ranges[kept - 1].max, range.max);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

bool covers(std::span<const TimeRange> ranges, TimeRange wanted) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const TimeRange& range) {
    return range.min <= wanted.min && wanted.max <= range.max;
  });
}

Result<Tombstones> Tombstones::parse(std::span<const uint8_t> file) {
  if (file.size() < kHeaderSize + kCrcSize) {
    return Status::data_loss("header at offset 0x0: the file is too short");
  }
  if (uint32_t magic = load_be32(file.data()); magic != kMagic) {
    return Status::data_loss(fmt::format("header at offset 0x0: bad magic number {:#x}", magic));
  }
  if (file[4] != kVersion) {
    return Status::unimplemented(
        fmt::format("header at offset 0x4: tombstones version {} is not supported", file[4]));
  }
  auto content = file.subspan(kHeaderSize, file.size() - kHeaderSize - kCrcSize);
  if (crc32c(content) != load_be32(file.data() + file.size() - kCrcSize)) {
    return Status::data_loss(fmt::format("tombstones at offset {:#x}: CRC mismatch", kHeaderSize));
  }
  Tombstones result;
  ByteReader reader(content);
  while (!reader.done()) {
    size_t offset = kHeaderSize + reader.offset();
    uint64_t series = reader.uvarint();
    TimeRange range;
    range.min = reader.varint();
    range.max = reader.varint();
    if (reader.failed()) {
      return Status::data_loss(fmt::format("tombstone at offset {:#x}: cut off", offset));
    }
    if (!range.empty()) result.ranges_[series].push_back(range);
  }
  for (auto& [series, ranges] : result.ranges_) normalize(ranges);
  return result;
}

void Tombstones::add(uint64_t series, TimeRange range) {
  if (range.empty()) return;
  auto& ranges = ranges_[series];
  ranges.push_back(range);
  normalize(ranges);
}

uint64_t Tombstones::count() const {
  uint64_t count = 0;
  for (const auto& [series, ranges] : ranges_) count += ranges.size();
  return count;
}

std::vector<uint64_t> Tombstones::series() const {
  std::vector<uint64_t> result;
  result.reserve(ranges_.size());
  for (const auto& [series, ranges] : ranges_) result.push_back(series);
  std::sort(result.begin(), result.end());
  return result;
}

std::string Tombstones::encode() const {
  std::string content;
  for (uint64_t series : this->series()) {
    for (const auto& range : of(series)) {
      append_uvarint(content, series);
      append_uvarint(content, zigzag_encode(range.min));
      append_uvarint(content, zigzag_encode(range.max));
    }
  }
  std::string file;
  append_be32(file, kMagic);
  file += static_cast<char>(kVersion);
  file += content;
  append_be32(file, crc32c({reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
  return file;
}

std::span<const TimeRange> Tombstones::of(uint64_t series) const {
  auto at = ranges_.find(series);
  return at != ranges_.end() ? std::span<const TimeRange>(at->second)
                             : std::span<const TimeRange>();
}

}  // namespace mnemo::tsdb
