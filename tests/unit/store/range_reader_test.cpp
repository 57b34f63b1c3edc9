// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/range_reader.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

TEST_CASE("partition: near ranges share a request, far ones and long ones don't") {
  PartitionLimits limits{10, 100};
  std::vector<ByteRange> ranges{{0, 5}, {10, 5}, {12, 1}, {26, 4}, {30, 80}, {500, 200}, {510, 20}};
  auto parts = partition(ranges, limits);
  REQUIRE_EQ(parts.size(), 4);
  CHECK_EQ(parts[0].range.offset, 0);
  CHECK_EQ(parts[0].range.length, 15);
  CHECK_EQ(parts[0].last, 3);
  CHECK_EQ(parts[1].range.offset, 26);
  CHECK_EQ(parts[1].range.length, 84);
  CHECK_EQ(parts[2].range.length, 200);
  CHECK_EQ(parts[2].last, 6);
  CHECK_EQ(parts[3].range.offset, 510);
}

TEST_CASE("range reader: gives each range its bytes, fewer at the end of the object") {
  std::shared_ptr<Bucket> bucket = make_memory_bucket();
  REQUIRE(bucket->put(Context(), "o", Bytes::copy_of("0123456789")).ok());
  RangeReader reader(bucket, make_thread_pool(1));
  ReadCount count;
  std::vector<ByteRange> ranges{{1, 2}, {2, 3}, {8, 5}};
  auto pieces = reader.read(Context(), "o", ranges, count);
  REQUIRE(pieces.ok());
  CHECK_EQ((*pieces)[0].as_string(), "12");
  CHECK_EQ((*pieces)[1].as_string(), "234");
  CHECK_EQ((*pieces)[2].as_string(), "89");
  CHECK_EQ(count.requests, 1);
  CHECK_EQ(reader.read(Context(), "absent", ranges, count).status().code(), Code::kNotFound);
}
