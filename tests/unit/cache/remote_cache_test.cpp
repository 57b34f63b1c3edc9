// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_config.hpp"
#include "cache/circuit_breaker.hpp"
#include "cache/memcached.hpp"
#include "cache/redis.hpp"
#include "cache/sealed_cache.hpp"
#include "cache/server_choice.hpp"
#include "support/cache_servers.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::cache;
using namespace mnemo::testing;

namespace {

constexpr Ttl kHour = std::chrono::hours(1);

Result<std::shared_ptr<Cache>> cache_of(const std::string& yaml, Metrics* metrics = nullptr) {
  CacheSurroundings surroundings;
  surroundings.name = "test";
  surroundings.executor = make_thread_pool(2);
  surroundings.metrics = metrics;
  std::shared_ptr<Cache> made;
  MNEMO_RETURN_IF_ERROR(yaml::read_document("test", yaml, [&](const YAML::Node& root) -> Status {
    MNEMO_TRY(made, make_cache_levels(root, surroundings, {}));
    return {};
  }));
  return made;
}

std::shared_ptr<Cache> working(const std::string& yaml) {
  auto made = cache_of(yaml);
  CHECK_EQ(made.status(), Status());
  return *made;
}

std::string get(Cache& cache, const std::string& key) {
  auto found = cache.fetch(Context(), std::span(&key, 1));
  return found[0] ? std::string(found[0]->as_string()) : "(miss)";
}

/// What every remote cache must do, whatever its server.
void check_cache(Cache& cache) {
  std::string binary("\r\nEND\r\n\0\xff", 9);
  std::string large(900'000, 'x');
  std::string odd_key = "a key with spaces\n" + std::string(300, 'k');
  cache.store("plain", Bytes::copy_of("1"), kHour);
  cache.store("empty", Bytes(), kHour);
  cache.store("binary", Bytes::own(std::string(binary)), kHour);
  cache.store("large", Bytes::own(std::string(large)), kHour);
  cache.store(odd_key, Bytes::copy_of("odd"), kHour);
  cache.flush();
  CHECK_EQ(get(cache, "plain"), "1");
  CHECK_EQ(get(cache, "empty"), "");
  CHECK_EQ(get(cache, "absent"), "(miss)");
  CHECK(get(cache, "binary") == binary);
  CHECK(get(cache, "large") == large);
  CHECK_EQ(get(cache, odd_key), "odd");
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    keys.push_back("key" + std::to_string(i));
    if (i % 2 == 0) cache.store(keys.back(), Bytes::own(std::to_string(i * i)), kHour);
  }
  cache.flush();
  auto found = cache.fetch(Context(), keys);
  for (int i = 0; i < 1000; ++i) {
    std::string value = found[i] ? std::string(found[i]->as_string()) : "(miss)";
    CHECK_EQ(value, i % 2 == 0 ? std::to_string(i * i) : "(miss)");
  }
  cache.store("brief", Bytes::copy_of("1"), Ttl(0));
  cache.flush();
  (void)Context().sleep_for(std::chrono::milliseconds(20));
  CHECK_EQ(get(cache, "brief"), "(miss)");
}

std::string memcached_yaml(const std::vector<std::string>& addresses) {
  std::string yaml = "type: MEMCACHED\nconfig:\n  addresses:\n";
  for (const auto& address : addresses) yaml += "    - " + address + "\n";
  return yaml + "  max_get_multi_batch_size: 64\n  timeout: 2s\n";
}

}  // namespace

TEST_CASE("memcached: a real server keeps what it is given") {
  auto server = start_memcached();
  if (!server) return;
  check_cache(*working(memcached_yaml({server->address})));
}

TEST_CASE("memcached: of several servers a dead one only costs its own keys") {
  std::vector<std::unique_ptr<CacheServer>> servers;
  std::vector<std::string> addresses;
  for (int i = 0; i < 3; ++i) {
    servers.push_back(start_memcached());
    if (!servers.back()) return;
    addresses.push_back(servers.back()->address);
  }
  auto cache = working(memcached_yaml(addresses));
  check_cache(*cache);
  servers[1]->kill();
  std::vector<std::string> keys;
  for (int i = 0; i < 300; i += 2) keys.push_back("key" + std::to_string(i));
  auto ordered = addresses;
  sort_servers(ordered);
  auto found = cache->fetch(Context(), keys);
  for (size_t i = 0; i < keys.size(); ++i) {
    bool is_dead = ordered[choose_server(sealed_key(keys[i]), 3)] == addresses[1];
    CHECK_EQ(found[i].has_value(), !is_dead);
  }
}

TEST_CASE("redis: a real server keeps what it is given") {
  auto server = start_redis();
  if (!server) return;
  check_cache(*working("type: REDIS\nconfig:\n  addr: " + server->address +
                       "\n  prefix: 'mine:'\n  db: 3\n  get_multi_batch_size: 64\n"));
}

TEST_CASE("redis: a wrong password is a miss, the right one works, none is told") {
  auto server = start_redis({"--requirepass", "sesame"});
  if (!server) return;
  auto yaml = [&](const char* password) {
    return "type: REDIS\nconfig:\n  addr: " + server->address + "\n  password: " + password + "\n";
  };
  check_cache(*working(yaml("sesame")));
  auto wrong = working(yaml("wrong"));
  CHECK_EQ(get(*wrong, "plain"), "(miss)");
  RedisOptions options;
  options.addresses = {server->address};
  options.password = "wrong";
  Status failure;
  std::string key = "plain";
  CHECK_FALSE(make_redis_client(options)->get(Context(), {&key, 1}, failure)[0]);
  CHECK_NE(failure.message().find("WRONGPASS"), std::string::npos);
  CHECK_EQ(failure.message().find("wrong\""), std::string::npos);
}

TEST_CASE("sealed cache: another's values, mixed up, cut and damaged ones are misses") {
  MemoryCacheOptions memory;
  auto shared = *MemoryCache::create(memory);
  auto cache = make_sealed_cache(shared);
  cache->store("a", Bytes::copy_of("value of a"), kHour);
  cache->store("b", Bytes::copy_of("value of b"), kHour);
  CHECK_EQ(get(*cache, "a"), "value of a");
  auto sealed = get(*shared, sealed_key("a"));
  auto put = [&](std::string value) {
    shared->store(sealed_key("a"), Bytes::own(std::move(value)), kHour);
    return get(*cache, "a");
  };
  CHECK_EQ(put(get(*shared, sealed_key("b"))), "(miss)");
  CHECK_EQ(put("value of a"), "(miss)");
  CHECK_EQ(put("dss\xff\x06"), "(miss)");
  CHECK_EQ(put(""), "(miss)");
  for (size_t i = 0; i < sealed.size(); ++i) {
    CHECK_EQ(put(sealed.substr(0, i)), "(miss)");
    auto damaged = sealed;
    damaged[i] ^= 1;
    CHECK_EQ(put(damaged), "(miss)");
  }
  CHECK_EQ(put(sealed), "value of a");
  // A Thanos' keys are never read nor written.
  shared->store("a", Bytes::copy_of("theirs"), kHour);
  CHECK_EQ(get(*shared, "a"), "theirs");
  CHECK_EQ(get(*cache, "a"), "value of a");
}

TEST_CASE("cache servers: keys go where Thanos puts them") {
  CHECK_EQ(choose_server("test-1", 1), 0);
  CHECK_EQ(choose_server("test-1", 2), 0);  // these two are Thanos' own tests
  CHECK_EQ(choose_server("test-2", 2), 1);
  std::map<size_t, int> keys;
  for (int i = 0; i < 1000; ++i) ++keys[choose_server("key-" + std::to_string(i), 3)];
  for (size_t i = 0; i < 3; ++i) CHECK_GT(keys[i], 250);
  std::vector<std::string> servers = {"memcached-10.a", "memcached-1.a", "memcached-6.a",
                                      "memcached-3.a", "memcached-25.a"};
  sort_servers(servers);
  CHECK_EQ(servers, std::vector<std::string>{"memcached-1.a", "memcached-3.a", "memcached-6.a",
                                             "memcached-10.a", "memcached-25.a"});
}

TEST_CASE("circuit breaker: opens after failures, tries again, closes when that succeeds") {
  std::chrono::steady_clock::time_point now;
  CircuitBreakerOptions options;
  options.enabled = true;
  options.min_requests = 4;
  options.consecutive_failures = 3;
  options.failure_percent = 1;
  options.half_open_max_requests = 2;
  CircuitBreaker breaker(options, [&] { return now; });
  auto call = [&](bool succeeds) {
    if (!breaker.may_begin()) return false;
    breaker.record(succeeds);
    return true;
  };
  CHECK(call(true));
  for (int i = 0; i < 3; ++i) CHECK(call(false));
  CHECK_FALSE(call(true));
  now += std::chrono::seconds(5);
  CHECK(call(false));
  CHECK_FALSE(call(true));
  now += std::chrono::seconds(5);
  CHECK(call(true));
  CHECK(call(true));
  for (int i = 0; i < 10; ++i) CHECK(call(true));
}

TEST_CASE("cache configuration: Thanos' fields are read, others refused by name and line") {
  auto message = [](const std::string& yaml) { return cache_of(yaml).status().message(); };
  CHECK_EQ(message("type: IN-MEMORY\nconfig:\n  max_size: 250MB\n  max_item_size: 125MB\n"), "");
  CHECK_EQ(message("- type: IN-MEMORY\n- type: in-memory\n  config: {max_size: 1GiB}\n"), "");
  CHECK_EQ(message("type: MEMCACHED\nconfig:\n  addresses: [a:1]\n  timeout: 500ms\n"
                   "  max_idle_connections: 1\n  max_async_concurrency: 1\n"
                   "  max_async_buffer_size: 1\n  max_get_multi_concurrency: 1\n"
                   "  max_item_size: 1MiB\n  max_get_multi_batch_size: 1\n"
                   "  dns_provider_update_interval: 10s\n  auto_discovery: true\n"
                   "  set_async_circuit_breaker_config: {enabled: true, min_requests: 1}\n"),
           "");
  CHECK_EQ(message("type: IN-MEMORY\nconfig:\n  maxsize: 1GB\n"),
           "test: line 3: unknown field \"maxsize\"; known are max_size, max_item_size");
  CHECK_EQ(message("type: IN-MEMORY\nconfig:\n  max_size: lots\n"),
           "test: line 3: field \"max_size\" is no number of bytes");
  CHECK_EQ(message("type: IN-MEMORY\nconfig: {max_size: 1KB}\n"),
           "test: max item size (131072000) cannot be bigger than overall cache size (1024)");
  CHECK_EQ(message("type: MEMCACHED\nconfig: {addresses: []}\n"),
           "test: no memcached addresses provided");
  CHECK_EQ(message("type: REDIS\n"), "test: no redis addr provided");
  CHECK_EQ(message("type: REDIS\nconfig: {addr: 'a:1', tls_config: {cafile: x}}\n"),
           "test: line 2: unknown field \"cafile\"; known are ca_file, cert_file, key_file, "
           "server_name, "
           "insecure_skip_verify, min_version");
  CHECK_EQ(message("type: TAPE\n"), "test: cache with type TAPE is not supported");
  CHECK_EQ(message("type: [\n").substr(0, 10), "test: line");
}
