// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_config.hpp"
#include "cache/sealed_cache.hpp"
#include "cache/server_choice.hpp"
#include "cache/server_list.hpp"
#include "support/cache_keys.hpp"
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

Names names_of(const ServerList::Servers& servers) {
  Names names;
  for (const auto& server : servers) names.push_back(server->address());
  return names;
}

/// As memcached in a cluster tells of it: a version and the nodes, their size before them.
std::string cluster_answer(const std::string& nodes, int version = 12) {
  auto payload = std::to_string(version) + "\n" + nodes + "\n";
  return "CONFIG cluster 0 " + std::to_string(payload.size()) + "\r\n" + payload + "\r\nEND\r\n";
}

std::string node(uint16_t port) { return "127.0.0.1|127.0.0.1|" + std::to_string(port); }

Result<Names> discovered(FakeMemcached& server, const std::string& answer) {
  server.set_cluster_answer(answer);
  return discover_memcached(Context().with_timeout(std::chrono::seconds(5)), server.address());
}

}  // namespace

TEST_CASE("server list: servers appear and vanish, and those that stay keep their connections") {
  Result<Names> now = Names{"b-1:1", "a-1:1"};
  ServerListOptions options;
  options.lookup = [&](const Context&) { return now; };
  options.interval = std::chrono::milliseconds(0);  // each call looks up, in the caller
  ServerList list(options);
  auto first = list.servers(Context());
  CHECK_EQ(names_of(*first), Names{"a-1:1", "b-1:1"});
  now = Names{"b-1:1", "c-1:1"};
  auto second = list.servers(Context());
  CHECK_EQ(names_of(*second), Names{"b-1:1", "c-1:1"});
  CHECK_EQ((*second)[0], (*first)[1]);
  now = Status::unavailable("DNS is away");
  CHECK_EQ(list.servers(Context()), second);
  now = Names{};
  CHECK_EQ(list.servers(Context()), second);
  now = Names{"c-1:1"};
  CHECK_EQ(names_of(*list.servers(Context())), Names{"c-1:1"});
}

TEST_CASE("server choice: another server takes only keys that go to it") {
  int moved = 0;
  for (int i = 0; i < 3000; ++i) {
    auto key = "key" + std::to_string(i);
    auto of_three = choose_server(key, 3);
    auto of_four = choose_server(key, 4);
    if (of_three == of_four) continue;
    CHECK_EQ(of_four, 3);
    ++moved;
  }
  CHECK_GT(moved, 600);  // a quarter of them is 750
  CHECK_LT(moved, 900);
}

TEST_CASE("memcached: a cluster tells its servers in ElastiCache's format") {
  FakeMemcached endpoint;
  auto found = discovered(endpoint, cluster_answer("a.test|10.0.0.1|11211 b.test|10.0.0.2|11212"));
  REQUIRE_EQ(found.status(), Status());
  CHECK_EQ(*found, Names{"a.test:11211", "b.test:11212"});
  found = discovered(endpoint, cluster_answer("|10.0.0.1|11211"));
  REQUIRE_EQ(found.status(), Status());
  CHECK_EQ(*found, Names{"10.0.0.1:11211"});
}

TEST_CASE("memcached: what a cluster tells in no known format is an error, not a list") {
  FakeMemcached endpoint;
  for (const char* nodes : {"a|b", "a|1.2.3.4|x", "a|1.2.3.4|70000", "a|1.2.3.4|0", ""}) {
    CAPTURE(nodes);
    CHECK_EQ(discovered(endpoint, cluster_answer(nodes)).status().code(), Code::kUnavailable);
  }
  for (const char* text :
       {"ERROR\r\n", "CONFIG cluster 0 x\r\n", "CONFIG cluster 0 99999999999\r\n",
        "CONFIG cluster 0 2\r\n12\r\nEND\r\n"}) {
    CAPTURE(text);
    CHECK_EQ(discovered(endpoint, text).status().code(), Code::kUnavailable);
  }
}

TEST_CASE("memcached: auto_discovery follows the cluster, and its failures keep what was known") {
  FakeMemcached endpoint;
  auto first = std::make_unique<FakeMemcached>();
  FakeMemcached second;
  endpoint.set_cluster_answer(cluster_answer(node(first->port())));
  Metrics metrics;
  CacheSurroundings surroundings;
  surroundings.metrics = &metrics;
  auto cache =
      memcached_of("{addresses: ['" + endpoint.address() +
                       "'], auto_discovery: true, dns_provider_update_interval: 10ms, timeout: 2s}",
                   surroundings);
  REQUIRE_EQ(cache.status(), Status());
  store_keys(**cache, 100);
  CHECK_EQ(first->size(), 100);
  endpoint.set_cluster_answer("ERROR\r\n");
  auto& failures =
      metrics.counter("thanos_memcached_auto_discovery_failures_total", "", {{"name", "test"}});
  CHECK(becomes([&] { return found_keys(**cache, 100) == 100 && failures.value() > 2; }, true));
  endpoint.set_cluster_answer(cluster_answer(node(second.port()), 13));
  CHECK(becomes([&] { return found_keys(**cache, 100); }, 0));
  store_keys(**cache, 100);
  CHECK_EQ(second.size(), 100);
  CHECK_EQ(first->size(), 100);
}
