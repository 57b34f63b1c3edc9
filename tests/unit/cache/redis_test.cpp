// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_config.hpp"
#include "cache/connection.hpp"
#include "cache/redis.hpp"
#include "support/cache_servers.hpp"
#include "support/certificates.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>

using namespace mnemo;
using namespace mnemo::cache;
using namespace mnemo::testing;

namespace {

std::string key_of(const std::string& name) { return "key of " + name; }

/// Stores a value and reads it back; the failure, where there is one.
std::string round_trip(const RedisOptions& options, const std::string& value) {
  auto client = make_redis_client(options);
  auto context = Context().with_timeout(std::chrono::seconds(10));
  auto key = key_of(value.substr(0, 8));
  auto stored = client->set(context, key, Bytes::own(std::string(value)), std::chrono::hours(1));
  if (!stored.ok()) return stored.message();
  Status failure;
  auto found = client->get(context, {&key, 1}, failure)[0];
  if (!failure.ok()) return failure.message();
  return !found ? "(miss)" : found->as_string() == value ? "same" : "another value";
}

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

/// A Redis that speaks TLS alone, on a TCP port, and its certificates.
struct TlsRedis {
  TempDir certificates;
  std::unique_ptr<CacheServer> server;

  std::string file(const char* name) const { return (certificates.path() / name).string(); }
};

std::unique_ptr<TlsRedis> start_tls_redis(const char* clients) {
  auto redis = std::make_unique<TlsRedis>();
  const auto& dir = redis->certificates.path();
  write_certificate(dir, "authority");
  write_certificate(dir, "other");
  write_certificate(dir, "server", "authority", "DNS:redis.test,IP:127.0.0.1");
  write_certificate(dir, "client", "authority");
  redis->server =
      start_tcp_redis("--tls-port", {"--tls-cert-file", redis->file("server.crt"), "--tls-key-file",
                                     redis->file("server.key"), "--tls-ca-cert-file",
                                     redis->file("authority.crt"), "--tls-auth-clients", clients});
  return redis->server ? std::move(redis) : nullptr;
}

/// Over TLS as these options have it.
std::string round_trip(const TlsRedis& redis, const TlsClientOptions& tls) {
  RedisOptions options;
  options.addresses = {redis.server->address};
  auto client = TlsClient::make(tls);
  if (!client.ok()) return client.status().message();
  options.tls = *client;
  return round_trip(options, std::string(200'000, 'x'));
}

}  // namespace

TEST_CASE("redis: over TLS the certificate must be of the authority and for the name") {
  auto redis = start_tls_redis("no");
  if (!redis) return;
  TlsClientOptions tls;
  tls.ca_file = redis->file("authority.crt");
  CHECK_EQ(round_trip(*redis, tls), "same");  // by the address
  tls.server_name = "redis.test";
  CHECK_EQ(round_trip(*redis, tls), "same");
  tls.server_name = "elsewhere.test";
  CHECK(holds(round_trip(*redis, tls), "hostname mismatch"));
  tls.insecure_skip_verify = true;
  CHECK_EQ(round_trip(*redis, tls), "same");
  tls = {};
  tls.ca_file = redis->file("other.crt");
  CHECK(holds(round_trip(*redis, tls), "certificate verify failed"));
  tls = {};
  CHECK(holds(round_trip(*redis, tls), "certificate verify failed"));
  RedisOptions plain;
  plain.addresses = {redis->server->address};
  CHECK_NE(round_trip(plain, "value"), "same");
}

TEST_CASE("redis: over TLS the client shows its certificate") {
  auto redis = start_tls_redis("yes");
  if (!redis) return;
  TlsClientOptions tls;
  tls.ca_file = redis->file("authority.crt");
  CHECK(holds(round_trip(*redis, tls), "cache server"));
  tls.cert_file = redis->file("client.crt");
  CHECK_EQ(round_trip(*redis, tls), "both client key and certificate must be provided");
  tls.key_file = redis->file("client.key");
  CHECK_EQ(round_trip(*redis, tls), "same");
  tls.key_file = redis->file("server.key");
  CHECK(holds(round_trip(*redis, tls), "key_file"));
  tls.ca_file = "/nowhere.crt";
  CHECK(holds(round_trip(*redis, tls), "ca_file /nowhere.crt: No such file or directory"));
  tls.min_version = "2";
  CHECK(holds(round_trip(*redis, tls), "min_version invalid"));
}

TEST_CASE("redis: a connection over TLS is used again") {
  auto redis = start_tls_redis("no");
  if (!redis) return;
  TlsClientOptions tls;
  tls.ca_file = redis->file("authority.crt");
  auto connection = Connection::open(Context().with_timeout(std::chrono::seconds(5)),
                                     redis->server->address, *TlsClient::make(tls));
  REQUIRE_EQ(connection.status(), Status());
  for (int i = 0; i < 3; ++i) {
    CHECK(connection->is_usable());
    CHECK_EQ(connection->write(Context(), "PING\r\n"), Status());
    CHECK_EQ(*connection->read_line(Context()), "+PONG");
  }
  redis->server->kill();
  CHECK_FALSE(connection->is_usable());
}

TEST_CASE("redis: Sentinels name the master, and another one after a failover") {
  auto first = start_tcp_redis("--port", {"--requirepass", "sesame"});
  auto second = start_tcp_redis("--port", {"--requirepass", "sesame"});
  if (!first || !second) return;
  auto sentinel = start_sentinel("mymaster", *first, "guard");
  RedisOptions options;
  options.addresses = {"127.0.0.1:1", sentinel->address};  // the first of them is down
  options.master_name = "mymaster";
  options.password = "sesame";
  options.sentinel_password = "guard";
  auto client = make_redis_client(options);
  auto set = [&](const std::string& key) {
    return client->set(Context().with_timeout(std::chrono::seconds(5)), key, Bytes::copy_of("1"),
                       std::chrono::hours(1));
  };
  auto is_on = [&](const CacheServer& server, const std::string& key) {
    RedisOptions direct;
    direct.addresses = {server.address};
    direct.password = "sesame";
    Status failure;
    return make_redis_client(direct)->get(Context(), {&key, 1}, failure)[0].has_value();
  };
  CHECK_EQ(set("before"), Status());
  CHECK(is_on(*first, "before"));
  CHECK_FALSE(is_on(*second, "before"));

  send_redis(*sentinel, "guard", "SENTINEL REMOVE mymaster");
  send_redis(*sentinel, "guard", "SENTINEL MONITOR mymaster 127.0.0.1 " + second->port() + " 1");
  first->kill();
  CHECK_FALSE(set("during").ok());  // on a connection that has ended, or a new one
  CHECK_EQ(set("after"), Status());
  CHECK(is_on(*second, "after"));

  options.master_name = "another";
  auto failure = round_trip(options, "value");
  CHECK(holds(failure, "Redis Sentinel, master another"));
  CHECK(holds(failure, "knows no such master"));
  options.sentinel_password = "wrong";
  failure = round_trip(options, "value");
  CHECK(holds(failure, "WRONGPASS"));
  CHECK_FALSE(holds(failure, "wrong\""));
}
