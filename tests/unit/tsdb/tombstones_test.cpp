// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/tombstones.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"
#include "tsdb/block/samples.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace mnemo;
using namespace mnemo::tsdb;

namespace {

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Stone {
  uint64_t series;
  int64_t min;
  int64_t max;
};

std::string file_of(const std::vector<Stone>& stones) {
  std::string entries;
  for (const auto& stone : stones) {
    append_uvarint(entries, stone.series);
    append_uvarint(entries, zigzag_encode(stone.min));
    append_uvarint(entries, zigzag_encode(stone.max));
  }
  std::string file("\x01\x30\xba\x30\x01", 5);
  file += entries;
  append_be32(file, crc32c(bytes_of(entries)));
  return file;
}

}  // namespace

TEST_CASE("tombstones: the empty file that Prometheus writes") {
  auto tombstones = Tombstones::parse(bytes_of(std::string("\x01\x30\xba\x30\x01\0\0\0\0", 9)));
  REQUIRE(tombstones);
  CHECK(tombstones->empty());
}

TEST_CASE("tombstones: a range that ends before it begins deletes nothing") {
  auto read = Tombstones::parse(bytes_of(file_of({{7, 50, 49}})));
  REQUIRE(read.ok());
  CHECK(read->empty());
  Tombstones added;
  added.add(7, {50, 49});
  CHECK(added.empty());
}

TEST_CASE("tombstones: ranges of a series are sorted and joined") {
  auto file = file_of({{7, 50, 60}, {3, -4, 4}, {7, 10, 20}, {7, 21, 30}, {7, 55, 70}});
  auto tombstones = Tombstones::parse(bytes_of(file));
  REQUIRE(tombstones);
  auto ranges = tombstones->of(7);
  REQUIRE_EQ(ranges.size(), 2);
  CHECK((ranges[0] == TimeRange{10, 30}));
  CHECK((ranges[1] == TimeRange{50, 70}));
  CHECK((tombstones->of(3)[0] == TimeRange{-4, 4}));
  CHECK(tombstones->of(4).empty());
  CHECK(covers(ranges, {50, 70}));
  CHECK_FALSE(covers(ranges, {25, 55}));
}

TEST_CASE("tombstones: samples in deleted ranges are removed, both ends included") {
  SampleColumn samples;
  for (int64_t time = 0; time < 10; ++time) samples.append(time, static_cast<double>(time));
  std::vector<TimeRange> ranges{{-5, 1}, {3, 5}, {9, 20}};
  remove_ranges(samples, 1, ranges);
  CHECK_EQ(samples.times, std::vector<int64_t>{0, 2, 6, 7, 8});
  CHECK_EQ(samples.values, std::vector<double>{0, 2, 6, 7, 8});
}

TEST_CASE("tombstones: samples of overlapping chunks are put in order, each time once") {
  SampleColumn samples;
  for (int64_t time : {9, 1, 3, 5, 2, 3, 4})
    samples.append(time, static_cast<double>(samples.size()));
  put_in_order(samples, 1);
  CHECK_EQ(samples.times, std::vector<int64_t>{9, 1, 2, 3, 4, 5});
  CHECK_EQ(samples.values, std::vector<double>{0, 1, 4, 2, 6, 3});
}

TEST_CASE("tombstones: a histogram of overlapping chunks knows no reset against another chunk's") {
  auto histogram = std::make_shared<FloatHistogram>();
  histogram->counter_reset_hint = CounterResetHint::kNotReset;
  SampleColumn samples;
  for (int64_t time : {1, 4, 5, 2, 3}) samples.append(time, histogram);
  put_in_order(samples, 0);
  REQUIRE_EQ(samples.times, std::vector<int64_t>{1, 2, 3, 4, 5});
  auto hint = [&](size_t i) { return samples.histogram(i)->counter_reset_hint; };
  CHECK_EQ(hint(1), CounterResetHint::kUnknown);
  CHECK_EQ(hint(2), CounterResetHint::kNotReset);
  CHECK_EQ(hint(3), CounterResetHint::kUnknown);
  CHECK_EQ(hint(4), CounterResetHint::kNotReset);
}

TEST_CASE("tombstones: damage is told with its offset") {
  auto file = file_of({{7, 50, 60}});
  auto fails_with = [](const std::string& bytes) {
    auto result = Tombstones::parse(bytes_of(bytes));
    return result.ok() ? "" : result.status().to_string();
  };
  auto flipped = file;
  flipped[6] ^= 1;
  CHECK_EQ(fails_with(flipped), "DataLoss: tombstones at offset 0x5: CRC mismatch");
  CHECK_EQ(fails_with(file.substr(0, 7)), "DataLoss: header at offset 0x0: the file is too short");
  auto version = file;
  version[4] = 2;
  CHECK_EQ(fails_with(version),
           "Unimplemented: header at offset 0x4: tombstones version 2 is not supported");
}
