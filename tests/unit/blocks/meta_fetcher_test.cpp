// SPDX-License-Identifier: Apache-2.0
#include "blocks/meta_fetcher.hpp"

#include "base/file.hpp"
#include "blocks/meta_filters.hpp"
#include "objstore/fault_bucket.hpp"
#include "support/golden.hpp"
#include "support/synthetic_block.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace mnemo;
using namespace std::chrono_literals;
using testing::synthetic_meta;
using testing::ulid_of;

namespace {

void put(Bucket& bucket, const std::string& name, std::string_view content) {
  REQUIRE(bucket.put(Context(), name, Bytes::copy_of(content)).ok());
}

void put_block(Bucket& bucket, const BlockMeta& meta) {
  put(bucket, block_object(meta.ulid, "index"), "index");
  put(bucket, block_object(meta.ulid, "chunks/000001"), "chunks");
  put(bucket, block_object(meta.ulid, "meta.json"), meta.to_json());
}

BlockView fetch(MetaFetcher& fetcher) {
  auto view = fetcher.fetch(Context());
  REQUIRE_MESSAGE(view.ok(), view.status().to_string());
  return *view;
}

BlockView fetch_with(const std::shared_ptr<Bucket>& bucket, MetaFilter filter) {
  MetaFetcherOptions options;
  options.filters = {std::move(filter)};
  MetaFetcher fetcher(bucket, options);
  return fetch(fetcher);
}

/// The numbers of `synthetic_meta` that are left.
std::vector<int64_t> numbers(const BlockView& view) {
  std::vector<int64_t> result;
  for (const auto& [block, meta] : view.metas) result.push_back(block.time_ms());
  return result;
}

WallClock clock_at(std::chrono::milliseconds time) {
  return [time] { return std::chrono::system_clock::time_point(time); };
}

}  // namespace

TEST_CASE("meta fetcher: finds blocks, and tells partial ones apart with their newest change") {
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  put_block(*bucket, synthetic_meta(1));
  put(*bucket, block_object(ulid_of(2), "chunks/000001"), "being uploaded");
  put(*bucket, block_object(ulid_of(3), "meta.json"), "{\"ulid\": ");
  put(*bucket, block_object(ulid_of(4), "meta.json"), synthetic_meta(1).to_json());
  put(*bucket, "debug/metas/" + ulid_of(5).to_string() + ".json", "{}");
  put(*bucket, ulid_of(6).to_string(), "a file of such a name");
  put(*bucket, "01arz3ndektsv4rrffq69g5fav/meta.json", "a folder in lower case");
  MetaFetcher fetcher(bucket, {});
  auto view = fetch(fetcher);
  CHECK(view.complete.ok());
  CHECK_EQ(numbers(view), std::vector<int64_t>{1});
  CHECK_EQ(view.metas.at(ulid_of(1))->max_time, 14400000);
  REQUIRE_EQ(view.partial.size(), 3);
  CHECK_EQ(view.partial.at(ulid_of(2)).reason.code(), Code::kNotFound);
  CHECK_GT(view.partial.at(ulid_of(2)).last_modified_ms, 0);
  CHECK_EQ(view.partial.at(ulid_of(3)).reason.code(), Code::kDataLoss);
  CHECK_EQ(view.partial.at(ulid_of(4)).reason.code(), Code::kDataLoss);
}

TEST_CASE("meta fetcher: a fetch costs one listing and a get for what is new") {
  auto bucket = std::make_shared<FaultBucket>(make_memory_bucket());
  for (int i = 1; i <= 3; ++i) put_block(*bucket, synthetic_meta(i));
  put(*bucket, block_object(ulid_of(4), "meta.json"), "not JSON");
  MetaFetcherOptions options;
  options.executor = make_thread_pool(2);
  options.filters = {ignore_deletion_marks(bucket, 1h), deduplicate()};
  MetaFetcher fetcher(bucket, options);
  auto requests = [&] {
    bucket->set_faults({});
    fetch(fetcher);
    return std::pair(bucket->count(BucketOperation::kList), bucket->count());
  };
  CHECK_EQ(requests(), std::pair<uint64_t, uint64_t>(1, 5));
  CHECK_EQ(requests(), std::pair<uint64_t, uint64_t>(1, 1));
  put_block(*bucket, synthetic_meta(5));
  put(*bucket, block_object(ulid_of(1), "deletion-mark.json"),
      BlockMark{MarkKind::kDeletion, ulid_of(1), 1, "", ""}.to_json());
  CHECK_EQ(requests(), std::pair<uint64_t, uint64_t>(1, 3));
  CHECK_EQ(requests(), std::pair<uint64_t, uint64_t>(1, 1));
}

TEST_CASE("meta fetcher: what was deleted or replaced is noticed") {
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  for (int i = 1; i <= 3; ++i) put_block(*bucket, synthetic_meta(i));
  MetaFetcher fetcher(bucket, {});
  CHECK_EQ(numbers(fetch(fetcher)), std::vector<int64_t>{1, 2, 3});
  REQUIRE(bucket->remove(Context(), block_object(ulid_of(2), "meta.json")).ok());
  auto changed = synthetic_meta(3);
  changed.max_time = 123456789012;
  put(*bucket, block_object(ulid_of(3), "meta.json"), changed.to_json());
  auto view = fetch(fetcher);
  CHECK_EQ(numbers(view), std::vector<int64_t>{1, 3});
  CHECK(view.partial.contains(ulid_of(2)));
  CHECK_EQ(view.metas.at(ulid_of(3))->max_time, 123456789012);
}

TEST_CASE("meta fetcher: a meta that can't be got makes the view incomplete, not wrong") {
  auto bucket = std::make_shared<FaultBucket>(make_memory_bucket());
  for (int i = 1; i <= 3; ++i) put_block(*bucket, synthetic_meta(i));
  Metrics metrics;
  MetaFetcherOptions options;
  options.metrics = &metrics;
  MetaFetcher fetcher(bucket, options);
  bucket->set_faults({{.operation = BucketOperation::kGet, .first = 2, .last = 2}});
  auto view = fetch(fetcher);
  CHECK_EQ(view.complete.to_string(), "Unavailable: incomplete view: injected fault");
  CHECK_EQ(numbers(view), std::vector<int64_t>{1, 3});
  CHECK(view.partial.empty());
  view = fetch(fetcher);
  CHECK(view.complete.ok());
  CHECK_EQ(numbers(view), std::vector<int64_t>{1, 2, 3});
  bucket->set_faults({{.operation = BucketOperation::kList}});
  CHECK_EQ(fetcher.fetch(Context()).status().code(), Code::kUnavailable);
  auto text = metrics.render();
  CHECK_NE(text.find("thanos_blocks_meta_syncs_total 3"), std::string::npos);
  CHECK_NE(text.find("thanos_blocks_meta_sync_failures_total 2"), std::string::npos);
  CHECK_NE(text.find("thanos_blocks_meta_synced{state=\"loaded\"} 3"), std::string::npos);
  CHECK_NE(text.find("thanos_blocks_meta_synced{state=\"failed\"} 0"), std::string::npos);
}

TEST_CASE("meta filters: a time partition keeps what overlaps it") {
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  for (int i = 0; i < 5; ++i) put_block(*bucket, synthetic_meta(i));
  auto view = fetch_with(bucket, time_partition([] {
                           return TimeRange{2 * 7200000 + 1, 3 * 7200000 + 1};
                         }));
  CHECK_EQ(numbers(view), std::vector<int64_t>{2, 3});
  CHECK_EQ(view.synced_states["time-excluded"], 3);
}

TEST_CASE("meta filters: fresh blocks wait, by upload time or by ULID, but a compactor's don't") {
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  auto put_uploaded = [&](int64_t number, const char* source, const char* upload_time) {
    auto meta = synthetic_meta(number);
    meta.thanos.emplace();
    meta.thanos->source = source;
    meta.thanos->upload_time = upload_time;
    put_block(*bucket, meta);
  };
  put_uploaded(1, "sidecar", "1970-01-01T00:20:00Z");
  put_uploaded(2, "sidecar", "1970-01-01T00:50:00.5Z");
  put_uploaded(3, "compactor", "1970-01-01T00:50:00Z");
  put_uploaded(4, "sidecar", "0001-01-01T00:00:00Z");
  put_uploaded(50 * 60 * 1000, "sidecar", "");
  auto view = fetch_with(bucket, consistency_delay(30min, clock_at(1h)));
  CHECK_EQ(numbers(view), std::vector<int64_t>{1, 3, 4});
  CHECK_EQ(view.synced_states["too-fresh"], 2);
}

TEST_CASE("meta filters: marked blocks go after the delay, and an unreadable mark marks nothing") {
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  for (int i = 1; i <= 4; ++i) put_block(*bucket, synthetic_meta(i));
  auto mark = [&](int64_t number, int64_t time) {
    put(*bucket, block_object(ulid_of(number), "deletion-mark.json"),
        BlockMark{MarkKind::kDeletion, ulid_of(number), time, "", ""}.to_json());
  };
  mark(1, 1000);
  mark(2, 4000);
  mark(4, INT64_MAX);
  put(*bucket, block_object(ulid_of(3), "deletion-mark.json"), "{\"id\":\"0");
  auto view = fetch_with(bucket, ignore_deletion_marks(bucket, 1h, {}, clock_at(5000s)));
  CHECK_EQ(numbers(view), std::vector<int64_t>{2, 3, 4});
  CHECK_EQ(view.deletion_marks.size(), 3);
}

TEST_CASE("meta filters: a block is a duplicate when another was made from all of its sources") {
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  auto put_made_from = [&](int64_t number, std::vector<int64_t> sources, int64_t resolution = 0,
                           std::string_view replica = "a") {
    auto meta = synthetic_meta(number);
    meta.compaction.sources.clear();
    for (auto source : sources) meta.compaction.sources.push_back(ulid_of(source));
    meta.thanos.emplace();
    meta.thanos->labels = {{"replica", replica}};
    meta.thanos->resolution = resolution;
    put_block(*bucket, meta);
  };
  for (int i = 1; i <= 4; ++i) put_made_from(i, {i});
  put_made_from(10, {1, 2});
  put_made_from(11, {3, 2, 1});
  put_made_from(12, {3, 4});          // overlaps 11, isn't covered by it
  put_made_from(13, {1, 2, 3});       // as 11: the older one stays
  put_made_from(14, {1, 2}, 300000);  // another resolution
  put_made_from(15, {1, 2}, 0, "b");  // other labels
  put_made_from(16, {});              // made from nothing that is known
  auto view = fetch_with(bucket, deduplicate());
  CHECK_EQ(numbers(view), std::vector<int64_t>{11, 12, 14, 15, 16});
  CHECK_EQ(view.synced_states["duplicate"], 6);
}

TEST_CASE(
    "meta filters: of what Thanos compacted, duplicates are what Thanos marked for deletion") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  auto bucket = std::shared_ptr<Bucket>(make_memory_bucket());
  std::set<std::string> all;
  std::set<std::string> marked;
  for (const auto& entry : std::filesystem::directory_iterator(*golden / "compact-run")) {
    if (!entry.is_directory()) continue;
    auto block = entry.path().filename().string();
    for (const auto* file : {"meta.json", "deletion-mark.json"}) {
      auto json = read_file(entry.path() / file, 1 << 20);
      if (json.ok()) put(*bucket, block + "/" + file, *json);
    }
    all.insert(block);
    if (std::filesystem::exists(entry.path() / "deletion-mark.json")) marked.insert(block);
  }
  auto view = fetch_with(bucket, deduplicate());
  std::set<std::string> left;
  for (const auto& [block, meta] : view.metas) left.insert(block.to_string());
  std::set<std::string> expected;
  for (const auto& block : all) {
    if (!marked.contains(block)) expected.insert(block);
  }
  CHECK_EQ(marked.size(), 8);
  CHECK_EQ(left, expected);
}
