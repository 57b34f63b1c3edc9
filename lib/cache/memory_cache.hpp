// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include "cache/cache.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mnemo::cache {

/// Counts what a memory cache does; any may be null.
struct MemoryCacheMetrics {
  Counter* requests = nullptr;
  Counter* hits = nullptr;
  Counter* expired_hits = nullptr;
  Counter* added = nullptr;
  Counter* evicted = nullptr;
  Counter* overflowed = nullptr;
  Gauge* items = nullptr;
  Gauge* value_bytes = nullptr;
  Gauge* total_bytes = nullptr;  // of keys and values
};

/// Those of Thanos: thanos_cache_inmemory_*{name="..."}. The limits are exposed as well.
MemoryCacheMetrics make_memory_cache_metrics(Metrics& metrics, const std::string& name,
                                             uint64_t max_bytes, uint64_t max_item_bytes);

struct MemoryCacheOptions {
  uint64_t max_bytes = 250ULL << 20;
  uint64_t max_item_bytes = 125ULL << 20;
  /// The metrics of the items of a key; empty: none.
  std::function<const MemoryCacheMetrics*(std::string_view key)> metrics;
  std::function<std::chrono::steady_clock::time_point()> clock;  // empty: the real one
};

/// A cache in this process's memory, which forgets what was used longest ago. It never holds more
/// than `max_bytes`, in which keys, values and what keeping them costs are counted.
///
/// Thread-safe: keys are spread over shards, each with a lock of its own.
/// Memory: values are copied in, so that none keeps a larger buffer alive.
class MemoryCache final : public Cache {
 public:
  /// Errors: InvalidArgument (an item may be larger than the cache).
  static Result<std::shared_ptr<MemoryCache>> create(MemoryCacheOptions options);

  std::vector<std::optional<Bytes>> fetch(const Context& context,
                                          std::span<const std::string> keys) override;
  void store(const std::string& key, const Bytes& value, Ttl ttl) override;

  /// What is held, in the sense of `max_bytes`.
  uint64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    Bytes value;
    std::chrono::steady_clock::time_point expires;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Entry> entries;  // used last first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
  };

  explicit MemoryCache(MemoryCacheOptions options);
  Shard& shard_of(std::string_view key);
  std::optional<Bytes> find(const std::string& key);
  bool evict_one();
  void erase(Shard& shard, std::list<Entry>::iterator entry);
  static uint64_t cost(std::string_view key, size_t value_size);

  MemoryCacheOptions options_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<uint64_t> bytes_{0};
  std::atomic<size_t> next_victim_{0};
};

}  // namespace mnemo::cache
