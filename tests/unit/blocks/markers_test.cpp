// SPDX-License-Identifier: Apache-2.0
#include "blocks/markers.hpp"

#include "base/file.hpp"
#include "objstore/fault_bucket.hpp"
#include "support/golden.hpp"
#include "support/synthetic_block.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using testing::ulid_of;

TEST_CASE("marks: Thanos' deletion marks are read, and written in the same bytes") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*golden / "compact-run")) {
    auto json = read_file(entry.path() / "deletion-mark.json", 1 << 20);
    if (!json.ok()) continue;
    auto mark = BlockMark::parse(MarkKind::kDeletion, *json);
    REQUIRE_MESSAGE(mark.ok(), mark.status().to_string());
    CHECK_EQ(mark->block.to_string(), entry.path().filename().string());
    CHECK_EQ(mark->details, "source of compacted block");
    CHECK_EQ(mark->to_json(), *json);
    ++seen;
  }
  CHECK_EQ(seen, 8);
}

TEST_CASE("marks: each kind has its file and fields") {
  BlockMark mark{MarkKind::kNoCompact, ulid_of(0), 1700000000, "manual", "said \"no\""};
  CHECK_EQ(mark_file(mark.kind), "no-compact-mark.json");
  CHECK_EQ(mark.to_json(),
           R"({"id":"00000000000000000000000000","version":1,"details":"said \"no\"",)"
           R"("no_compact_time":1700000000,"reason":"manual"})");
  mark.kind = MarkKind::kNoDownsample;
  mark.details.clear();
  CHECK_EQ(mark_file(mark.kind), "no-downsample-mark.json");
  CHECK_EQ(mark.to_json(), R"({"id":"00000000000000000000000000","version":1,)"
                           R"("no_downsample_time":1700000000,"reason":"manual"})");
  auto parsed = BlockMark::parse(mark.kind, mark.to_json());
  REQUIRE(parsed.ok());
  CHECK_EQ(parsed->reason, "manual");
  CHECK_EQ(parsed->time, 1700000000);
}

TEST_CASE("marks: what is no mark is DataLoss, a later version Unimplemented") {
  auto code = [](std::string_view json) {
    return BlockMark::parse(MarkKind::kDeletion, json).status().code();
  };
  CHECK_EQ(code(""), Code::kDataLoss);
  CHECK_EQ(code("{\"id\":\"00000000000000000000000000\",\"versi"), Code::kDataLoss);
  CHECK_EQ(code("[]"), Code::kDataLoss);
  CHECK_EQ(code(R"({"id":"x","version":1,"deletion_time":1})"), Code::kDataLoss);
  CHECK_EQ(code(R"({"id":"00000000000000000000000000","version":1,"deletion_time":"1"})"),
           Code::kDataLoss);
  CHECK_EQ(code(R"({"id":"00000000000000000000000000","version":2,"deletion_time":1})"),
           Code::kUnimplemented);
}

TEST_CASE("marks: a block is marked once, the first mark stays") {
  auto bucket = make_memory_bucket();
  BlockMark mark{MarkKind::kDeletion, ulid_of(1), 100, "", "first"};
  CHECK_EQ(read_mark(Context(), *bucket, mark.kind, mark.block).status().code(), Code::kNotFound);
  CHECK_EQ(*put_mark(Context(), *bucket, mark), true);
  mark.details = "second";
  CHECK_EQ(*put_mark(Context(), *bucket, mark), false);
  CHECK_EQ(read_mark(Context(), *bucket, mark.kind, mark.block)->details, "first");
}
