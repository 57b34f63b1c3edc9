// SPDX-License-Identifier: Apache-2.0
#include "objstore/caching_bucket.hpp"

#include "cache/memory_cache.hpp"
#include "objstore/caching_bucket_config.hpp"
#include "objstore/fault_bucket.hpp"
#include "objstore/subranges.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

constexpr char kSegment[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV/chunks/000001";
constexpr char kMeta[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV/meta.json";

struct Fixture {
  explicit Fixture(CachingBucketOptions options = {}) {
    cache::MemoryCacheOptions memory;
    memory.clock = [this] { return now; };
    options.cache = *cache::MemoryCache::create(memory);
    options.metrics = &metrics;
    options.executor = make_thread_pool(2);
    bucket = make_caching_bucket(under, std::move(options));
  }

  void put(const std::string& name, std::string content) {
    REQUIRE(plain->put(Context(), name, Bytes::own(std::move(content))).ok());
  }

  uint64_t count(BucketOperation operation) const { return under->count(operation); }

  std::string range(uint64_t offset, uint64_t length) {
    auto bytes = bucket->get_range(Context(), kSegment, offset, length);
    return bytes.ok() ? std::string(bytes->as_string()) : bytes.status().to_string();
  }

  std::vector<std::string> list() {
    std::vector<std::string> names;
    auto status = bucket->list(Context(), "", true, [&](const BucketEntry& entry) -> Status {
      names.push_back(entry.name + "=" + std::to_string(entry.attributes.size));
      return {};
    });
    CHECK(status.ok());
    return names;
  }

  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
  Metrics metrics;
  std::shared_ptr<Bucket> plain = make_memory_bucket();
  std::shared_ptr<FaultBucket> under = std::make_shared<FaultBucket>(plain);
  std::shared_ptr<Bucket> bucket;
};

}  // namespace

TEST_CASE("caching bucket: any range of a segment is right, cold and warm") {
  CachingBucketOptions options;
  options.chunk_subrange_size = 100;
  Fixture fixture(options);
  std::string content;
  std::mt19937 random(5);
  for (int i = 0; i < 2345; ++i) content += static_cast<char>(random());
  fixture.put(kSegment, content);
  for (int i = 0; i < 500; ++i) {
    size_t offset = random() % content.size();
    size_t length = 1 + random() % 700;
    CHECK(fixture.range(offset, length) == content.substr(offset, length));
  }
  fixture.under->set_faults({});
  CHECK(fixture.range(0, 1 << 20) == content);
  CHECK_EQ(fixture.under->count(), 0);
  auto past = fixture.bucket->get_range(Context(), kSegment, 5000, 10);
  CHECK_EQ(past.status().code(), Code::kOutOfRange);
}

TEST_CASE("caching bucket: missing pieces are read by few requests, once") {
  CachingBucketOptions options;
  options.chunk_subrange_size = 10;
  options.max_chunks_get_range_requests = 2;
  Fixture fixture(options);
  fixture.put(kSegment, std::string(200, 'x'));
  for (uint64_t at : {20, 50, 60, 120}) fixture.range(at, 5);
  fixture.under->set_faults({});
  fixture.range(0, 200);
  CHECK_EQ(fixture.count(BucketOperation::kGetRange), 2);
  CHECK_EQ(fixture.count(BucketOperation::kAttributes), 0);
  auto fetched = [&](const char* origin) {
    return fixture.metrics
        .counter("thanos_store_bucket_cache_getrange_fetched_bytes_total", "",
                 {{"config", "chunks"}, {"origin", origin}})
        .value();
  };
  CHECK_EQ(fetched("cache"), 40);
  CHECK_EQ(fetched("bucket"), 200);
  CHECK_EQ(fixture.metrics
               .counter("thanos_store_bucket_cache_getrange_refetched_bytes_total", "",
                        {{"config", "chunks"}, {"origin", "cache"}})
               .value(),
           20);  // of four pieces that were there, the two that stand alone
}

TEST_CASE("caching bucket: runs of missing pieces join over the narrowest gaps") {
  auto grouped = [](std::vector<size_t> missing, size_t most) {
    std::string text;
    for (const auto& run : group_subranges(missing, most)) {
      text += std::to_string(run.first) + "-" + std::to_string(run.last) + " ";
    }
    return text;
  };
  CHECK_EQ(grouped({}, 3), "");
  CHECK_EQ(grouped({1, 2, 3, 7}, 3), "1-4 7-8 ");
  CHECK_EQ(grouped({1, 3, 9, 11, 40}, 3), "1-4 9-12 40-41 ");
  CHECK_EQ(grouped({1, 3, 9, 11, 40}, 1), "1-41 ");
  CHECK_EQ(grouped({1, 3, 9, 11, 40}, 0), "1-2 3-4 9-10 11-12 40-41 ");
}

TEST_CASE("caching bucket: meta files and their absence are kept, each for its time") {
  Fixture fixture;
  fixture.put(kMeta, "{}");
  auto& bucket = *fixture.bucket;
  for (int i = 0; i < 3; ++i) {
    CHECK_EQ(bucket.get(Context(), kMeta, 100)->as_string(), "{}");
    CHECK_EQ(bucket.get(Context(), "a/deletion-mark.json", 100).status().code(), Code::kNotFound);
    CHECK_FALSE(*bucket.exists(Context(), "a/deletion-mark.json"));
  }
  CHECK_EQ(fixture.count(BucketOperation::kGet), 2);
  CHECK_EQ(fixture.count(BucketOperation::kAttributes), 0);
  fixture.put("a/deletion-mark.json", "m");
  fixture.now += std::chrono::minutes(15);
  CHECK_EQ(bucket.get(Context(), "a/deletion-mark.json", 100)->as_string(), "m");
  CHECK_EQ(bucket.get(Context(), kMeta, 1).status().code(), Code::kResourceExhausted);
}

TEST_CASE("caching bucket: listings of the root are kept for their time, others are not") {
  Fixture fixture;
  fixture.put("a/1", "x");
  std::vector<std::string> expected = {"a/1=1"};
  CHECK_EQ(fixture.list(), expected);
  fixture.put("b/2", "xx");
  CHECK_EQ(fixture.list(), expected);
  CHECK_EQ(fixture.count(BucketOperation::kList), 1);
  fixture.now += std::chrono::minutes(5);
  expected.push_back("b/2=2");
  CHECK_EQ(fixture.list(), expected);
  for (int i = 0; i < 2; ++i) {
    CHECK(fixture.bucket->list(Context(), "a", true, [](const BucketEntry&) { return Status(); })
              .ok());
  }
  CHECK_EQ(fixture.count(BucketOperation::kList), 4);
}

TEST_CASE("caching bucket: buckets that share a cache never see each other's objects") {
  std::shared_ptr<cache::Cache> shared = *cache::MemoryCache::create({});
  auto over = [&](const std::shared_ptr<Bucket>& bucket, const std::string& id) {
    CachingBucketOptions options;
    options.cache = shared;
    options.bucket_id = id;
    return make_caching_bucket(bucket, std::move(options));
  };
  Fixture one;
  Fixture other;
  one.put(kMeta, "in one");
  one.put(kSegment, "in one");
  other.put(kSegment, "otherwise");
  auto first = over(one.plain, "1");
  auto second = over(other.plain, "2");
  for (int round = 0; round < 2; ++round) {
    auto count = [](Bucket& bucket) {
      size_t entries = 0;
      CHECK(bucket
                .list(Context(), "", true,
                      [&](const BucketEntry&) -> Status {
                        ++entries;
                        return {};
                      })
                .ok());
      return entries;
    };
    CHECK_EQ(count(*first), 2);
    CHECK_EQ(count(*second), 1);
    CHECK(first->get(Context(), kMeta, 100).ok());
    CHECK_EQ(second->get(Context(), kMeta, 100).status().code(), Code::kNotFound);
    CHECK_EQ(second->attributes(Context(), kSegment)->size, 9);
    CHECK_EQ(first->attributes(Context(), kSegment)->size, 6);
    CHECK_EQ(second->get_range(Context(), kSegment, 0, 9)->as_string(), "otherwise");
    CHECK_EQ(first->get_range(Context(), kSegment, 0, 9)->as_string(), "in one");
  }
}

TEST_CASE("caching bucket: its own writes are seen at once, failures are not kept") {
  Fixture fixture;
  auto& bucket = *fixture.bucket;
  CHECK_FALSE(bucket.get(Context(), kMeta, 100).ok());
  CHECK(fixture.list().empty());
  REQUIRE(bucket.put(Context(), kMeta, Bytes::copy_of("1")).ok());
  CHECK_EQ(bucket.get(Context(), kMeta, 100)->as_string(), "1");
  REQUIRE(bucket.put(Context(), kMeta, Bytes::copy_of("2")).ok());
  CHECK_EQ(bucket.get(Context(), kMeta, 100)->as_string(), "2");
  CHECK_EQ(fixture.list().size(), 1);
  REQUIRE(bucket.remove(Context(), kMeta).ok());
  CHECK_EQ(bucket.get(Context(), kMeta, 100).status().code(), Code::kNotFound);
  fixture.put(kSegment, "content");
  Fault cut;
  cut.kind = FaultKind::kCut;
  cut.operation = BucketOperation::kGetRange;
  cut.last = 1;
  fixture.under->set_faults({cut});
  CHECK_EQ(fixture.range(0, 7).substr(0, 11), "Unavailable");
  CHECK_EQ(fixture.range(0, 7), "content");
}

TEST_CASE("caching bucket: Thanos' configuration is read, faults are named") {
  auto made = [](const std::string& yaml) {
    cache::CacheSurroundings surroundings;
    surroundings.name = "caching-bucket";
    surroundings.executor = make_thread_pool(1);
    return make_caching_bucket_from_config(make_memory_bucket(), "", yaml, nullptr, surroundings)
        .status()
        .message();
  };
  CHECK_EQ(made("type: MEMCACHED\n"
                "config:\n  addresses: ['localhost:11211']\n"
                "chunk_subrange_size: 16000\nmax_chunks_get_range_requests: 3\n"
                "chunk_object_attrs_ttl: 24h\nchunk_subrange_ttl: 24h\nblocks_iter_ttl: 5m\n"
                "metafile_exists_ttl: 2h\nmetafile_doesnt_exist_ttl: 15m\n"
                "metafile_content_ttl: 24h\nmetafile_max_size: 1MiB\n"),
           "");
  CHECK_EQ(
      made("type: IN-MEMORY\nchunk_size: 3\n"),
      "caching bucket configuration: line 2: unknown field \"chunk_size\"; known are type, config, "
      "chunk_subrange_size, max_chunks_get_range_requests, metafile_max_size, "
      "chunk_object_attrs_ttl, chunk_subrange_ttl, blocks_iter_ttl, metafile_exists_ttl, "
      "metafile_doesnt_exist_ttl, metafile_content_ttl");
  CHECK_EQ(made("type: GROUPCACHE\n"),
           "caching bucket configuration: a cache of type GROUPCACHE is not built in");
  CHECK_EQ(made("type: IN-MEMORY\nchunk_subrange_size: 0\n"),
           "caching bucket configuration: chunk_subrange_size must be positive");
}
