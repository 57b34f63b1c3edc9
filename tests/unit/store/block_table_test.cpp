// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/block_table.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

namespace {

constexpr int64_t k5m = 300'000;
constexpr int64_t k1h = 3'600'000;

BlockSlot slot_of(int64_t min_time, int64_t max_time, int64_t resolution) {
  auto meta = std::make_shared<BlockMeta>();
  meta->ulid = Ulid::generate();
  meta->min_time = min_time;
  meta->max_time = max_time;
  meta->thanos = ThanosMeta();
  meta->thanos->resolution = resolution;
  return {meta, nullptr, Status()};
}

/// The chosen blocks as "min-max@resolution".
std::string chosen(const BlockGroup& group, TimeRange range, int64_t max_resolution) {
  std::string text;
  for (const auto* slot : group.select(range, max_resolution, {})) {
    const auto& meta = *slot->meta;
    text += std::to_string(meta.min_time) + "-" + std::to_string(meta.max_time) + "@" +
            std::to_string(resolution(meta) / 60'000) + " ";
  }
  return text;
}

BlockGroup group_of(const std::vector<BlockSlot>& slots) {
  BlockGroup group((Labels()));
  for (const auto& slot : slots) group.add(slot);
  group.sort();
  return group;
}

}  // namespace

TEST_CASE("block group: the coarsest allowed resolution is taken, finer ones fill its gaps") {
  auto group = group_of({slot_of(0, 100, 0), slot_of(100, 200, 0), slot_of(200, 300, 0),
                         slot_of(0, 200, k5m), slot_of(0, 100, k1h)});
  CHECK_EQ(chosen(group, {0, 299}, 0), "0-100@0 100-200@0 200-300@0 ");
  CHECK_EQ(chosen(group, {0, 299}, k5m), "0-200@5 200-300@0 ");
  CHECK_EQ(chosen(group, {0, 299}, k1h), "0-100@60 0-200@5 200-300@0 ");
  CHECK_EQ(chosen(group, {0, 99}, k1h), "0-100@60 ");
  CHECK_EQ(chosen(group, {150, 250}, k1h), "0-200@5 200-300@0 ");
}

TEST_CASE("block group: a block ends before its max time, a range includes its own") {
  auto group = group_of({slot_of(0, 100, 0), slot_of(100, 200, 0)});
  CHECK_EQ(chosen(group, {100, 100}, 0), "100-200@0 ");
  CHECK_EQ(chosen(group, {99, 99}, 0), "0-100@0 ");
  CHECK_EQ(chosen(group, {200, 300}, 0), "");
  CHECK_EQ(chosen(group, {50, 40}, 0), "");
}

TEST_CASE("block group: gaps before, between and after coarse blocks are filled") {
  auto group = group_of({slot_of(0, 100, 0), slot_of(100, 200, 0), slot_of(200, 300, 0),
                         slot_of(300, 400, 0), slot_of(100, 200, k5m), slot_of(300, 350, k5m)});
  CHECK_EQ(chosen(group, {0, 399}, k5m), "0-100@0 100-200@5 200-300@0 300-350@5 300-400@0 ");
}

TEST_CASE("block group: overlapping blocks are all taken") {
  auto group = group_of({slot_of(0, 300, 0), slot_of(50, 100, 0)});
  CHECK_EQ(chosen(group, {0, 400}, 0), "0-300@0 50-100@0 ");
}

TEST_CASE("block table: blocks are matched by their id") {
  auto slot = slot_of(0, 1, 0);
  auto id = slot.meta->ulid.to_string();
  std::vector<Matcher> same{Matcher::equal("__block_id", id)};
  std::vector<Matcher> other{Matcher::not_equal("__block_id", id)};
  CHECK(matches_block(*slot.meta, same));
  CHECK_FALSE(matches_block(*slot.meta, other));
  CHECK(matches_block(*slot.meta, {}));
}
