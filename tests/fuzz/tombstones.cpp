// SPDX-License-Identifier: Apache-2.0
#include "base/varint.hpp"
#include "fuzz/checksums.hpp"
#include "fuzz/targets.hpp"
#include "tsdb/block/tombstones.hpp"

#include <vector>

namespace mnemo::fuzz {
namespace {

constexpr size_t kHeaderSize = 5;
constexpr size_t kCrcSize = 4;

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void check_ranges(std::span<const TimeRange> ranges) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    require(!ranges[i].empty());
    require(i == 0 || ranges[i - 1].max < ranges[i].min);
  }
}

/// What was read is sorted and disjoint, and is written and read again without change.
void parse(std::span<const uint8_t> file) {
  auto tombstones = tsdb::Tombstones::parse(file);
  if (!tombstones.ok()) return;
  auto written = tombstones->encode();
  auto again = tsdb::Tombstones::parse(bytes_of(written));
  require(again.ok());
  require(again->encode() == written);
  require(again->empty() == tombstones->empty());
  ByteReader reader(file.subspan(kHeaderSize, file.size() - kHeaderSize - kCrcSize));
  while (!reader.done()) {
    check_ranges(tombstones->of(reader.uvarint()));
    reader.uvarint();
    reader.uvarint();
  }
}

}  // namespace

void run_tombstones(std::span<const uint8_t> data) {
  parse(data);
  std::vector<uint8_t> mended(data.begin(), data.end());
  if (data.size() >= kHeaderSize + kCrcSize) {
    mend_crc(mended, kHeaderSize, data.size() - kHeaderSize - kCrcSize);
  }
  parse(mended);
}

}  // namespace mnemo::fuzz
