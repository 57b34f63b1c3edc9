// SPDX-License-Identifier: Apache-2.0
#include "store/shard.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

TEST_CASE("shard: without sharding everything matches") {
  CHECK(ShardMatcher(std::nullopt).matches(Labels{{"a", "1"}}));
  CHECK(ShardMatcher(ShardInfo{}).matches(Labels{{"a", "1"}}));
}

TEST_CASE("shard: the hash is XXH64 with seed 0, as Thanos has it") {
  // XXH64 of nothing is 0xef46db3751d8e999, an odd number (the published test vector).
  CHECK(ShardMatcher(ShardInfo{1, 2, true, {"absent"}}).matches(Labels{{"a", "1"}}));
  CHECK_FALSE(ShardMatcher(ShardInfo{0, 2, true, {"absent"}}).matches(Labels{{"a", "1"}}));
  CHECK(ShardMatcher(ShardInfo{1, 2, false, {"a"}}).matches(Labels{{"a", "1"}}));
}

TEST_CASE("shard: every series belongs to exactly one shard, by the listed labels alone") {
  ShardMatcher first(ShardInfo{0, 2, true, {"code"}});
  ShardMatcher second(ShardInfo{1, 2, true, {"code"}});
  for (const char* code : {"200", "201", "404", "500"}) {
    Labels a{{"code", code}, {"pod", "a"}};
    Labels b{{"code", code}, {"pod", "b"}};
    CHECK_NE(first.matches(a), second.matches(a));
    CHECK_EQ(first.matches(a), first.matches(b));
  }
}
