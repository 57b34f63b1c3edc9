// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/remote_cache.hpp"
#include "cache/tls_client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::cache {

struct RedisOptions {
  std::vector<std::string>
      addresses;            // of servers, or of Sentinels; the first that answers is used
  std::string master_name;  // what to ask Sentinels for; empty: the addresses are servers
  std::string sentinel_username;
  std::string sentinel_password;   // never told, like the other
  std::shared_ptr<TlsClient> tls;  // for servers, not for Sentinels; null: no TLS
  std::string prefix;              // before every key
  std::string username;
  std::string password;  // never told
  uint64_t db = 0;
  std::chrono::milliseconds dial_timeout{5000};
  std::chrono::milliseconds read_timeout{3000};
  std::chrono::milliseconds write_timeout{3000};
  size_t max_idle_connections = 100;
  uint64_t get_multi_batch_size = 100;
  uint64_t max_reply_bytes = 256ULL << 20;  // a larger one isn't read
};

/// Speaks RESP with a Redis server (MGET, SET with a time to live). Keys that a cluster's server
/// has not are misses. With Sentinels, which is the server is asked at first and after failures.
std::shared_ptr<RemoteClient> make_redis_client(RedisOptions options);

}  // namespace mnemo::cache
