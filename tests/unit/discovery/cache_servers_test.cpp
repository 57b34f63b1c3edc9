// SPDX-License-Identifier: Apache-2.0
#include "cache/sealed_cache.hpp"
#include "cache/server_choice.hpp"
#include "discovery/target_source.hpp"
#include "support/cache_keys.hpp"
#include "support/dns_server.hpp"
#include "support/fake_memcached.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::cache;
using namespace mnemo::testing;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("memcached: servers named by DNS appear and vanish, a failing DNS keeps them") {
  FakeMemcached first;
  FakeMemcached second;
  const std::string kName = "_memcache._tcp.test";
  const DnsServer::Record kHost = {1, {127, 0, 0, 1}};
  auto records = [&](std::vector<uint16_t> ports) {
    DnsServer::Records all = {{"cache.test", kHost}};
    for (auto port : ports) all.emplace(kName, DnsServer::service("cache.test", port));
    return all;
  };
  DnsServer dns(records({first.port()}));
  Metrics metrics;
  CacheSurroundings surroundings;
  surroundings.lookup = [&](const Names& addresses, std::chrono::milliseconds interval) {
    discovery::TargetSourceOptions options;
    options.addresses = addresses;
    options.dns_interval = interval;
    options.resolver = discovery::make_dns_resolver(dns.address());
    options.metrics = &metrics;
    options.metric_prefix = "thanos_memcached_";
    std::shared_ptr<discovery::TargetSource> source =
        *discovery::TargetSource::create(std::move(options));
    return ServerLookup([source](const Context& context) { return source->addresses(context); });
  };
  auto cache = memcached_of(
      "{addresses: ['dnssrv+" + kName + "'], dns_provider_update_interval: 10ms, timeout: 2s}",
      surroundings);
  REQUIRE_EQ(cache.status(), Status());
  store_keys(**cache, 200);
  CHECK_EQ(first.size(), 200);

  dns.set(records({first.port(), second.port()}));
  Names ordered = {first.address(), second.address()};
  sort_servers(ordered);
  int staying = 0;
  for (int i = 0; i < 200; ++i) {
    auto key = sealed_key("key" + std::to_string(i));
    staying += ordered[choose_server(key, 2)] == first.address() ? 1 : 0;
  }
  CHECK(becomes([&] { return found_keys(**cache, 200); }, staying));
  store_keys(**cache, 200);
  CHECK_EQ(second.size(), 200 - staying);

  dns.fail(true);
  auto& failures = metrics.counter("thanos_memcached_dns_failures_total", "");
  CHECK(becomes([&] { return found_keys(**cache, 200) == 200 && failures.value() > 2; }, true));
  dns.fail(false);

  dns.set(records({second.port()}));
  CHECK(becomes([&] { return found_keys(**cache, 200); }, 200 - staying));
}
