// SPDX-License-Identifier: Apache-2.0
#include "cache/memory_cache.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;
using namespace mnemo::cache;

namespace {

constexpr Ttl kHour = std::chrono::hours(1);

std::string get(Cache& cache, const std::string& key) {
  auto found = cache.fetch(Context(), std::span(&key, 1));
  return found[0] ? std::string(found[0]->as_string()) : "(miss)";
}

std::shared_ptr<MemoryCache> make(MemoryCacheOptions options) {
  auto cache = MemoryCache::create(std::move(options));
  REQUIRE(cache.ok());
  return *cache;
}

}  // namespace

TEST_CASE("memory cache: gives what was stored last, until its time is over") {
  auto now = std::chrono::steady_clock::time_point();
  MemoryCacheOptions options;
  options.clock = [&] { return now; };
  auto cache = make(options);
  cache->store("a", Bytes::copy_of("1"), kHour);
  cache->store("a", Bytes::copy_of("2"), kHour);
  cache->store("b", Bytes::copy_of(""), std::chrono::milliseconds(5));
  CHECK_EQ(get(*cache, "a"), "2");
  CHECK_EQ(get(*cache, "b"), "");
  CHECK_EQ(get(*cache, "c"), "(miss)");
  now += std::chrono::milliseconds(5);
  CHECK_EQ(get(*cache, "b"), "(miss)");
  CHECK_EQ(get(*cache, "a"), "2");
  now += kHour;
  CHECK_EQ(get(*cache, "a"), "(miss)");
  CHECK_EQ(cache->bytes(), 0);
}

TEST_CASE("memory cache: never holds more than it may, and forgets what was used longest ago") {
  MemoryCacheOptions options;
  options.max_bytes = 64 << 10;
  options.max_item_bytes = 8 << 10;
  auto cache = make(options);
  auto value = Bytes::own(std::string(1000, 'x'));
  cache->store("used", value, kHour);
  for (int i = 0; i < 1000; ++i) {
    cache->store("k" + std::to_string(i), value, kHour);
    CHECK_LE(cache->bytes(), options.max_bytes);
    CHECK_EQ(get(*cache, "used").size(), 1000);
  }
  CHECK_EQ(get(*cache, "k0"), "(miss)");
  CHECK_NE(get(*cache, "k999"), "(miss)");
  CHECK_GT(cache->bytes(), options.max_bytes - 2000);
}

TEST_CASE("memory cache: too large items are left out and counted") {
  Metrics metrics;
  MemoryCacheOptions options;
  options.max_bytes = 10'000;
  options.max_item_bytes = 100;
  auto counted = make_memory_cache_metrics(metrics, "test", 10'000, 100);
  options.metrics = [&](std::string_view) { return &counted; };
  auto cache = make(options);
  cache->store("big", Bytes::own(std::string(101, 'x')), kHour);
  cache->store("fits", Bytes::own(std::string(100, 'x')), kHour);
  CHECK_EQ(get(*cache, "big"), "(miss)");
  CHECK_EQ(get(*cache, "fits").size(), 100);
  auto counter = [&](const char* name) {
    return metrics.counter(std::string("thanos_cache_inmemory_") + name, "", {{"name", "test"}})
        .value();
  };
  CHECK_EQ(counter("items_overflowed_total"), 1);
  CHECK_EQ(counter("items_added_total"), 1);
  CHECK_EQ(counter("requests_total"), 2);
  CHECK_EQ(counter("hits_total"), 1);
  CHECK_EQ(metrics.gauge("thanos_cache_inmemory_total_size_bytes", "", {{"name", "test"}}).value(),
           104);
  options.max_item_bytes = 20'000;
  CHECK_EQ(MemoryCache::create(options).status().code(), Code::kInvalidArgument);
}

TEST_CASE("memory cache: a small value doesn't keep a large buffer alive") {
  auto cache = make({});
  auto large = std::make_shared<const std::string>(1 << 20, 'x');
  std::weak_ptr<const std::string> watched = large;
  Bytes small({reinterpret_cast<const uint8_t*>(large->data()), 10}, large);
  cache->store("a", small, kHour);
  small = {};
  large.reset();
  CHECK(watched.expired());
  CHECK_EQ(get(*cache, "a"), "xxxxxxxxxx");
}

TEST_CASE("memory cache: threads that store and fetch at once get right values only") {
  MemoryCacheOptions options;
  options.max_bytes = 40'000;
  options.max_item_bytes = 10'000;
  auto cache = make(options);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 4000; ++i) {
        auto key = std::to_string((i * 7 + t) % 97);
        auto found = get(*cache, key);
        if (found != "(miss)" && found != std::string(300, key[0])) ++wrong;
        cache->store(key, Bytes::own(std::string(300, key[0])), kHour);
        if (cache->bytes() > options.max_bytes + 4 * 1000) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_EQ(wrong, 0);
  CHECK_LE(cache->bytes(), options.max_bytes);
}

TEST_CASE("leveled cache: what only a later level has moves up") {
  auto near = make({});
  auto far = make({});
  auto both = make_leveled_cache({near, far}, kHour);
  both->store("a", Bytes::copy_of("1"), kHour);
  CHECK_EQ(get(*near, "a"), "1");
  CHECK_EQ(get(*far, "a"), "1");
  far->store("b", Bytes::copy_of("2"), kHour);
  std::vector<std::string> keys = {"c", "b", "a"};
  auto found = both->fetch(Context(), keys);
  CHECK_FALSE(found[0]);
  CHECK_EQ(found[1]->as_string(), "2");
  CHECK_EQ(found[2]->as_string(), "1");
  CHECK_EQ(get(*near, "b"), "2");
}
