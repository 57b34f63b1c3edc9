// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/remote_cache.hpp"
#include "cache/server_list.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace mnemo::cache {

struct MemcachedOptions {
  ServerListOptions servers;
  std::chrono::milliseconds timeout{500};
  uint64_t max_get_batch = 0;              // keys a request; 0: no limit
  uint64_t max_value_bytes = 64ULL << 20;  // a larger one isn't read
};

/// Speaks memcached's text protocol with servers that share the keys as Thanos' do. The requests to
/// all servers are under way at the same time.
std::shared_ptr<RemoteClient> make_memcached_client(MemcachedOptions options);

}  // namespace mnemo::cache
