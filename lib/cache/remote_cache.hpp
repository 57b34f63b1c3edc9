// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include "cache/cache.hpp"
#include "cache/circuit_breaker.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mnemo::cache {

/// The protocol of one kind of cache server. Thread-safe.
class RemoteClient {
 public:
  virtual ~RemoteClient() = default;

  /// The values of `keys`; what fails of it is a miss, and the first failure is told.
  virtual std::vector<std::optional<Bytes>> get(const Context& context,
                                                std::span<const std::string> keys,
                                                Status& failure) = 0;
  virtual Status set(const Context& context, const std::string& key, const Bytes& value,
                     Ttl ttl) = 0;
};

struct RemoteCacheOptions {
  std::string name;                    // "index-cache", in metrics and logs
  std::string kind = "memcached";      // or "redis", in metrics and logs
  std::shared_ptr<Executor> executor;  // stores run here
  Metrics* metrics = nullptr;          // thanos_<kind>_*; must outlive the cache
  std::shared_ptr<Logger> logger;      // null: none
  uint64_t max_async_concurrency = 20;
  uint64_t max_async_buffer_size = 10'000;
  uint64_t max_async_bytes = 64ULL << 20;  // of values waiting to be stored
  uint64_t max_item_size = 0;              // 0: no limit
  uint64_t max_get_concurrency = 100;      // calls to `get` at a time; 0: no limit
  CircuitBreakerOptions breaker;
};

/// A cache in servers that `client` speaks to: fetches at once, stores later and while there is
/// room to wait. Values are not checked; see `make_sealed_cache`.
std::shared_ptr<Cache> make_remote_cache(std::shared_ptr<RemoteClient> client,
                                         RemoteCacheOptions options);

}  // namespace mnemo::cache
