// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_store.hpp"

#include "store/local/block_store.hpp"
#include "support/golden_bucket.hpp"
#include "support/index_v1.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

std::vector<std::shared_ptr<const Block>> open_blocks(const GoldenBucket& golden) {
  std::vector<std::shared_ptr<const Block>> blocks;
  for (const auto& directory : golden.directories) {
    auto block = Block::open(directory);
    REQUIRE(block.ok());
    blocks.push_back(*block);
  }
  return blocks;
}

}  // namespace

TEST_CASE("bucket store: answers as the local blocks do, chunk by chunk") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  BlockStore local(open_blocks(golden));

  std::vector<SeriesRequest> requests{request_for({every_series()})};
  requests.push_back(request_for({Matcher::equal("replica", "b"), every_series()}));
  requests.push_back(request_for({*Matcher::regex("__name__", "nh_.*|up")}));
  requests.back().range = {1780280000000, 1780285000000};
  requests.push_back(request_for({Matcher::equal("replica", "a")}));
  requests.back().skip_chunks = true;
  requests.push_back(request_for({every_series()}));
  requests.back().without_replica_labels = {"replica", "job"};
  requests.push_back(request_for({every_series(), Matcher::equal("job", "")}));
  requests.back().shard_info = ShardInfo{1, 3, false, {"replica"}};
  for (const auto& request : requests) {
    auto answer = ask(*golden.store, request);
    CHECK(answer.status.ok());
    CHECK(answer.warnings.empty());
    CHECK_FALSE(answer.series.empty());
    CHECK(sorted_and_unique(answer.series));
    CHECK(fingerprint(answer) == fingerprint(ask(local, request)));
  }
}

TEST_CASE("bucket store: counts and labels are those that Thanos' store gave") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto& store = *golden.store;

  auto request = request_for({Matcher::equal("__name__", "http_requests_total")});
  request.range = {1780272000000, 1780273800000};
  CHECK_EQ(ask(store, request).series.size(), 8);
  request.without_replica_labels = {"replica"};
  CHECK_EQ(ask(store, request).series.size(), 4);
  request = request_for({Matcher::equal("__name__", "http_requests_total")});
  request.skip_chunks = true;
  request.shard_info = ShardInfo{0, 2, true, {"code"}};
  CHECK_EQ(ask(store, request).series.size(), 6);
  request.shard_info->shard_index = 1;
  CHECK_EQ(ask(store, request).series.size(), 2);
  request = request_for({every_series(), Matcher::equal("job", "")});
  request.range = {1780272000000, 1780272600000};
  CHECK_EQ(ask(store, request).series.size(), 32);
  request = request_for({every_series()});
  request.limit = 3;
  CHECK_EQ(ask(store, request).series.size(), 3);
  CHECK_EQ(ask(store, request).blocks.size(), 12);
  CHECK(ask(store, request_for({})).series.empty());
  CHECK(ask(store, request_for({*Matcher::regex("replica", "c|d")})).series.empty());

  auto info = store.info();
  CHECK_EQ(info.component_type, "store");
  CHECK_EQ(info.range, TimeRange{1780272000000, 1780315176468});
  CHECK_EQ(info.label_sets, std::vector<Labels>{Labels{{"cluster", "golden"}, {"replica", "a"}},
                                                Labels{{"cluster", "golden"}, {"replica", "b"}}});
  CHECK_EQ(info.tsdb_infos.size(), 12);
}

TEST_CASE("bucket store: label names and values are those that Thanos' store gave") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  LabelNamesRequest names;
  names.range = kGoldenRange;
  names.matchers = {Matcher::equal("__name__", "up")};
  CHECK_EQ(golden.store->label_names(Context(), names)->values,
           std::vector<std::string>{"__name__", "cluster", "job", "replica"});
  names.without_replica_labels = {"replica"};
  CHECK_EQ(golden.store->label_names(Context(), names)->values,
           std::vector<std::string>{"__name__", "cluster", "job"});
  LabelValuesRequest values;
  values.range = kGoldenRange;
  values.label = "replica";
  CHECK_EQ(golden.store->label_values(Context(), values)->values,
           std::vector<std::string>{"a", "b"});
  values.matchers = {Matcher::equal("__name__", "absent")};
  CHECK(golden.store->label_values(Context(), values)->values.empty());
  values.label = "code";
  values.matchers = {Matcher::not_equal("code", "200")};
  CHECK_EQ(golden.store->label_values(Context(), values)->values,
           std::vector<std::string>{"404", "500"});
  values.label = "__name__";
  values.matchers = {};
  values.limit = 2;
  CHECK_EQ(golden.store->label_values(Context(), values)->values,
           std::vector<std::string>{"constant", "http_requests_total"});
}

TEST_CASE("bucket store: of downsampled blocks the allowed resolution and aggregates are served") {
  GoldenBucket golden({"compacted", "downsampled-5m", "downsampled-1h"});
  if (!golden.present) return;
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto request =
      request_for({Matcher::equal("__name__", "node_load1"), Matcher::equal("replica", "a")});
  auto raw = ask(*golden.store, request);
  REQUIRE_EQ(raw.series.size(), 1);
  CHECK(raw.series[0].chunks[0].raw);

  request.max_resolution_window = 300'000;
  request.aggregates = {Aggregate::kCounter, Aggregate::kMax};
  auto coarse = ask(*golden.store, request);
  REQUIRE_EQ(coarse.series.size(), 1);
  CHECK_LT(coarse.series[0].chunks.size(), raw.series[0].chunks.size());
  const auto& chunk = coarse.series[0].chunks[0];
  CHECK_FALSE(chunk.raw);
  CHECK_FALSE(chunk.get(Aggregate::kCount));
  CHECK(chunk.get(Aggregate::kMax));
  CHECK(chunk.get(Aggregate::kCounter));
}

TEST_CASE("bucket store: before the first sync it warns or fails") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  golden.start();
  CHECK_FALSE(golden.store->ready());
  auto request = request_for({every_series()});
  CHECK_EQ(ask(*golden.store, request).warnings,
           std::vector<std::string>{"the blocks of the bucket are not loaded yet"});
  request.partial_response = PartialResponse::kAbort;
  CHECK_EQ(ask(*golden.store, request).status.code(), Code::kUnavailable);
  LabelNamesRequest names;
  CHECK_EQ(golden.store->label_names(Context(), names)->warnings.size(), 1);
  CHECK(golden.store->info().range.empty());
}

TEST_CASE("bucket store: a block with a damaged index is missed, named and retried") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  auto index = golden.object(0, "index");
  golden.flip(index, 30);
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK(golden.store->ready());
  CHECK_EQ(golden.metric("thanos_bucket_store_block_load_failures_total"), 1);
  auto request = request_for({every_series()});
  auto answer = ask(*golden.store, request);
  CHECK_FALSE(answer.series.empty());
  REQUIRE_EQ(answer.warnings.size(), 1);
  CHECK(answer.warnings[0].find(index + ": symbol") != std::string::npos);
  CHECK(answer.warnings[0].find("0x5") != std::string::npos);
  request.partial_response = PartialResponse::kAbort;
  CHECK_EQ(ask(*golden.store, request).status.code(), Code::kDataLoss);

  golden.flip(index, 30);
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK(ask(*golden.store, request).status.ok());
  CHECK_EQ(golden.metric("thanos_bucket_store_block_loads_total"), 13);
}

TEST_CASE("bucket store: an index of version 1 gives the same answer") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  TempDir dir;
  auto copy = copy_with_index_v1(golden.directories[0], dir.path());
  auto index = map_file(copy / "index");
  REQUIRE(index.ok());
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto request = request_for({*Matcher::regex("__name__", "up|node_.*|http_.*")});
  auto expected = fingerprint(ask(*golden.store, request));
  REQUIRE(golden.bucket->put(Context(), golden.object(0, "index"), *index).ok());
  auto meta = map_file(copy / "meta.json");
  REQUIRE(meta.ok());
  REQUIRE(golden.bucket->put(Context(), golden.object(0, "meta.json"), *meta).ok());
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto answer = ask(*golden.store, request);
  CHECK(answer.warnings.empty());
  CHECK(fingerprint(answer) == expected);
}

TEST_CASE("bucket store: a damaged chunk is named, the other blocks are served") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  auto segment = golden.object(3, "chunks/000001");
  golden.flip(segment, 20);
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto request = request_for({every_series()});
  auto answer = ask(*golden.store, request);
  CHECK(answer.status.ok());
  CHECK_FALSE(answer.series.empty());
  REQUIRE_EQ(answer.warnings.size(), 1);
  CHECK_EQ(answer.warnings[0], segment + ": chunk at offset 0x8: CRC mismatch");
  request.partial_response = PartialResponse::kAbort;
  CHECK_EQ(ask(*golden.store, request).status.code(), Code::kDataLoss);
  request.skip_chunks = true;
  CHECK(ask(*golden.store, request).status.ok());
}

TEST_CASE("bucket store: blocks that vanish are dropped, a missing segment is named") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto segment = golden.object(1, "chunks/000001");
  REQUIRE(golden.bucket->remove(Context(), segment).ok());
  auto answer = ask(*golden.store, request_for({every_series()}));
  REQUIRE_EQ(answer.warnings.size(), 1);
  CHECK(answer.warnings[0].find(segment) != std::string::npos);

  REQUIRE(golden.bucket->remove(Context(), golden.object(1, "meta.json")).ok());
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK(ask(*golden.store, request_for({every_series()})).warnings.empty());
  CHECK_EQ(golden.metric("thanos_bucket_store_block_drops_total"), 1);
  CHECK_EQ(golden.metrics.gauge("thanos_bucket_store_blocks_loaded", "").value(), 11);
}

TEST_CASE("bucket store: many queries at once get the same answer") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  auto request = request_for({*Matcher::regex("__name__", "up|node_.*")});
  auto expected = fingerprint(ask(*golden.store, request));
  auto status = parallel_for(Context(), *golden.pool, 16, [&](size_t) {
    bool same = fingerprint(ask(*golden.store, request)) == expected;
    return same ? golden.store->sync(Context()) : Status::internal("another answer");
  });
  CHECK(status.ok());
}
