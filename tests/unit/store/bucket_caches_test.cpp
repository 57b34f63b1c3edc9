// SPDX-License-Identifier: Apache-2.0
#include "cache/sealed_cache.hpp"
#include "objstore/fault_bucket.hpp"
#include "support/golden_bucket.hpp"

#include <doctest/doctest.h>

#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// Remembers everything, and gives wrong bytes for part of it.
class PoisonedCache final : public cache::Cache {
 public:
  std::vector<std::optional<Bytes>> fetch(const Context&,
                                          std::span<const std::string> keys) override {
    std::lock_guard lock(mutex_);
    std::vector<std::optional<Bytes>> found;
    for (const auto& key : keys) {
      auto at = values_.find(key);
      if (at == values_.end()) {
        found.emplace_back();
        continue;
      }
      std::string value = at->second;
      switch (random_() % 4) {
        case 0: break;
        case 1: value = "garbage"; break;
        case 2: value.resize(value.size() / 2); break;
        default:
          if (!value.empty()) value[random_() % value.size()] ^= 0x20;
      }
      found.push_back(Bytes::own(std::move(value)));
    }
    return found;
  }
  void store(const std::string& key, const Bytes& value, cache::Ttl) override {
    std::lock_guard lock(mutex_);
    values_[key] = std::string(value.as_string());
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> values_;
  std::mt19937 random_{7};
};

using Prints = std::vector<std::vector<std::string>>;

Prints prints_of(GoldenBucket& golden) {
  Prints prints;
  for (const auto& request : various_requests()) {
    auto answer = ask(*golden.store, request);
    CHECK_EQ(answer.status, Status());
    CHECK(answer.warnings.empty());
    prints.push_back(fingerprint(answer));
  }
  return prints;
}

std::shared_ptr<IndexCache> index_cache_over(std::shared_ptr<cache::Cache> over,
                                             Metrics* metrics = nullptr) {
  IndexCacheOptions options;
  options.cache = std::move(over);
  options.metrics = metrics;
  return std::make_shared<IndexCache>(options);
}

std::shared_ptr<cache::Cache> memory_cache(uint64_t max_bytes) {
  cache::MemoryCacheOptions options;
  options.max_bytes = max_bytes;
  options.max_item_bytes = max_bytes / 2;
  auto made = cache::MemoryCache::create(options);
  REQUIRE(made.ok());
  return *made;
}

Prints prints_without_cache(GoldenBucket& golden) {
  golden.start();
  REQUIRE(golden.store->sync(Context()).ok());
  return prints_of(golden);
}

}  // namespace

TEST_CASE("index cache: answers are the same cold, warm, evicting and poisoned") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  auto expected = prints_without_cache(golden);
  for (const auto& cache : {memory_cache(64 << 20), memory_cache(40'000),
                            cache::make_sealed_cache(std::make_shared<PoisonedCache>())}) {
    BucketStoreOptions options;
    options.index_cache = index_cache_over(cache);
    golden.start(options);
    REQUIRE(golden.store->sync(Context()).ok());
    for (int round = 0; round < 3; ++round) CHECK(prints_of(golden) == expected);
  }
}

TEST_CASE("index cache: a warm query reads nothing of the index") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  auto counting = std::make_shared<FaultBucket>(golden.bucket);
  BucketStoreOptions options;
  options.index_cache = index_cache_over(memory_cache(64 << 20), &golden.metrics);
  golden.start(options, counting);
  REQUIRE(golden.store->sync(Context()).ok());
  auto request = request_for({Matcher::equal("__name__", "up"), Matcher::equal("replica", "a")});
  request.skip_chunks = true;
  counting->set_faults({});
  CHECK_EQ(ask(*golden.store, request).series.size(), 1);
  CHECK_EQ(counting->count(), 12);  // postings and entries of six blocks
  counting->set_faults({});
  CHECK_EQ(ask(*golden.store, request).series.size(), 1);
  CHECK_EQ(counting->count(), 0);
  auto hits = [&](const char* type) {
    return golden.metrics
        .counter("thanos_store_index_cache_hits_total", "",
                 {{"item_type", type}, {"tenant", "default-tenant"}})
        .value();
  };
  CHECK_EQ(hits("ExpandedPostings"), 6);
  CHECK_EQ(hits("Series"), 6);
}

TEST_CASE("index cache: series entries that lie on this machine are not cached") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  BucketStoreOptions options;
  options.index_cache = index_cache_over(memory_cache(64 << 20), &golden.metrics);
  auto folder = open_filesystem_bucket({*golden_dir() / "raw"});
  REQUIRE(folder.ok());
  golden.start(options, *std::move(folder));
  REQUIRE(golden.store->sync(Context()).ok());
  auto request = request_for({Matcher::equal("__name__", "up"), Matcher::equal("replica", "a")});
  CHECK_EQ(ask(*golden.store, request).series.size(), 1);
  auto requests = [&](const char* type) {
    return golden.metrics
        .counter("thanos_store_index_cache_requests_total", "",
                 {{"item_type", type}, {"tenant", "default-tenant"}})
        .value();
  };
  CHECK_EQ(requests("Series"), 0);
  CHECK_EQ(requests("ExpandedPostings"), 6);
}

TEST_CASE("index cache: items that are not enabled are neither asked for nor stored") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  IndexCacheOptions cache_options;
  cache_options.cache = memory_cache(64 << 20);
  cache_options.enabled = {IndexItem::kPostings};
  cache_options.metrics = &golden.metrics;
  BucketStoreOptions options;
  options.index_cache = std::make_shared<IndexCache>(cache_options);
  golden.start(options);
  REQUIRE(golden.store->sync(Context()).ok());
  for (int i = 0; i < 2; ++i) ask(*golden.store, request_for({Matcher::equal("__name__", "up")}));
  auto requests = [&](const char* type) {
    return golden.metrics
        .counter("thanos_store_index_cache_requests_total", "",
                 {{"item_type", type}, {"tenant", "default-tenant"}})
        .value();
  };
  CHECK_EQ(requests("Postings"), 24);
  CHECK_EQ(requests("Series"), 0);
  CHECK_EQ(requests("ExpandedPostings"), 0);
}

TEST_CASE("index cache: keys of different things are different") {
  auto block = *Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  CHECK_NE(IndexCache::postings_key(block, "a:1", "b"),
           IndexCache::postings_key(block, "a", "1:b"));
  CHECK_NE(IndexCache::postings_key(block, "a", ""), IndexCache::postings_key(block, "", "a"));
  std::vector<Matcher> ab = {Matcher::equal("a", "b"), Matcher::not_equal("c", "d")};
  std::vector<Matcher> ba = {ab[1], ab[0]};
  std::vector<Matcher> one = {Matcher::equal("a", "b\",c!=\"d")};
  CHECK_EQ(IndexCache::expanded_postings_key(block, ab),
           IndexCache::expanded_postings_key(block, ba));
  CHECK_NE(IndexCache::expanded_postings_key(block, ab),
           IndexCache::expanded_postings_key(block, one));
}

TEST_CASE("lazy postings: answers are the same, with fewer postings read") {
  GoldenBucket golden({"raw", "compacted"});
  if (!golden.present) return;
  auto expected = prints_without_cache(golden);
  BucketStoreOptions options;
  options.lazy_postings.enabled = true;
  options.lazy_postings.max_keys_per_series = 0.01;
  golden.start(options);
  REQUIRE(golden.store->sync(Context()).ok());
  CHECK(prints_of(golden) == expected);
  CHECK_GT(golden.metric("thanos_bucket_store_lazy_expanded_postings_total"), 0);
}

TEST_CASE("limits: a call that passes one fails and names it, whatever partial response says") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  auto failure_with = [&](const QueryLimits& limits) {
    BucketStoreOptions options;
    options.limits = limits;
    golden.start(options);
    REQUIRE(golden.store->sync(Context()).ok());
    return ask(*golden.store, request_for({Matcher::equal("__name__", "http_requests_total")}))
        .status;
  };
  CHECK_EQ(failure_with({48, 1'000'000, 1ULL << 30}), Status());
  auto status = failure_with({47, 0, 0});
  CHECK_EQ(status.code(), Code::kResourceExhausted);
  CHECK_EQ(status.message(),
           "exceeded series limit (--store.limits.request-series): limit 47 violated (got 48)");
  status = failure_with({0, 1200, 0});
  CHECK_EQ(status.code(), Code::kResourceExhausted);
  CHECK(status.message().find("chunks limit (--store.limits.request-samples") != std::string::npos);
  status = failure_with({0, 0, 5000});
  CHECK_EQ(status.code(), Code::kResourceExhausted);
  CHECK(status.message().find("bytes limit (--store.grpc.downloaded-bytes-limit)") !=
        std::string::npos);
  CHECK_EQ(golden.metrics
               .counter("thanos_bucket_store_queries_dropped_total", "",
                        {{"reason", "bytes"}, {"tenant", "default-tenant"}})
               .value(),
           1);
}

TEST_CASE("limits: calls beyond the concurrency wait for their turn or their end") {
  GoldenBucket golden({"raw"});
  if (!golden.present) return;
  BucketStoreOptions options;
  options.max_concurrent_series = 1;
  golden.start(options);
  REQUIRE(golden.store->sync(Context()).ok());
  auto request = request_for({Matcher::equal("__name__", "up")});
  auto first = golden.store->series(Context(), request);
  REQUIRE(first.ok());
  auto second =
      golden.store->series(Context().with_timeout(std::chrono::milliseconds(20)), request);
  CHECK_EQ(second.status().code(), Code::kDeadlineExceeded);
  first->reset();
  CHECK_EQ(ask(*golden.store, request).series.size(), 2);
}
