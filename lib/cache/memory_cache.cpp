// SPDX-License-Identifier: Apache-2.0
#include "cache/memory_cache.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mnemo::cache {
namespace {

constexpr size_t kShards = 16;
/// What an entry takes beside its key and value: two nodes, the value's owner, allocator's heads.
constexpr uint64_t kEntryOverhead = 256;
constexpr MemoryCacheMetrics kNoMetrics;

void count(Counter* counter) {
  if (counter != nullptr) counter->increment();
}

void move_gauge(Gauge* gauge, double by) {
  if (gauge != nullptr) gauge->add(by);
}

}  // namespace

MemoryCacheMetrics make_memory_cache_metrics(Metrics& metrics, const std::string& name,
                                             uint64_t max_bytes, uint64_t max_item_bytes) {
  Metrics::LabelMap labels = {{"name", name}};
  auto counter = [&](const char* what, const char* help) {
    return &metrics.counter(std::string("thanos_cache_inmemory_") + what, help, labels);
  };
  auto gauge = [&](const char* what, const char* help) {
    return &metrics.gauge(std::string("thanos_cache_inmemory_") + what, help, labels);
  };
  gauge("max_size_bytes", "Maximum number of bytes to be held in the inmemory cache.")
      ->set(static_cast<double>(max_bytes));
  gauge("max_item_size_bytes",
        "Maximum number of bytes for single entry to be held in the inmemory cache.")
      ->set(static_cast<double>(max_item_bytes));
  MemoryCacheMetrics result;
  result.requests = counter("requests_total", "Total number of requests to the inmemory cache.");
  result.hits =
      counter("hits_total", "Total number of requests to the inmemory cache that were a hit.");
  result.expired_hits = counter("hits_on_expired_data_total",
                                "Total number of requests to the inmemory cache that were a hit "
                                "but needed to be evicted due to TTL.");
  result.added =
      counter("items_added_total", "Total number of items that were added to the inmemory cache.");
  result.evicted = counter("items_evicted_total",
                           "Total number of items that were evicted from the inmemory cache.");
  result.overflowed = counter("items_overflowed_total",
                              "Total number of items that could not be added to the inmemory "
                              "cache due to being too big.");
  result.items = gauge("items", "Current number of items in the inmemory cache.");
  result.value_bytes =
      gauge("items_size_bytes", "Current byte size of items in the inmemory cache.");
  result.total_bytes = gauge(
      "total_size_bytes", "Current byte size of items (both value and key) in the inmemory cache.");
  return result;
}

Result<std::shared_ptr<MemoryCache>> MemoryCache::create(MemoryCacheOptions options) {
  if (options.max_item_bytes > options.max_bytes) {
    return Status::invalid_argument("max item size (" + std::to_string(options.max_item_bytes) +
                                    ") cannot be bigger than overall cache size (" +
                                    std::to_string(options.max_bytes) + ")");
  }
  return std::shared_ptr<MemoryCache>(new MemoryCache(std::move(options)));
}

MemoryCache::MemoryCache(MemoryCacheOptions options) : options_(std::move(options)) {
  if (!options_.metrics) options_.metrics = [](std::string_view) { return &kNoMetrics; };
  if (!options_.clock) options_.clock = [] { return std::chrono::steady_clock::now(); };
  for (size_t i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>());
}

MemoryCache::Shard& MemoryCache::shard_of(std::string_view key) {
  return *shards_[std::hash<std::string_view>()(key) % kShards];
}

uint64_t MemoryCache::cost(std::string_view key, size_t value_size) {
  return key.size() + value_size + kEntryOverhead;
}

std::vector<std::optional<Bytes>> MemoryCache::fetch(const Context& context,
                                                     std::span<const std::string> keys) {
  std::vector<std::optional<Bytes>> found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i % 1024 == 1023 && !context.check().ok()) break;
    found[i] = find(keys[i]);
  }
  return found;
}

std::optional<Bytes> MemoryCache::find(const std::string& key) {
  const auto& metrics = *options_.metrics(key);
  count(metrics.requests);
  auto& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  auto at = shard.by_key.find(key);
  if (at == shard.by_key.end()) return std::nullopt;
  auto entry = at->second;
  if (entry->expires <= options_.clock()) {
    count(metrics.expired_hits);
    erase(shard, entry);
    return std::nullopt;
  }
  count(metrics.hits);
  shard.entries.splice(shard.entries.begin(), shard.entries, entry);
  return entry->value;
}

void MemoryCache::store(const std::string& key, const Bytes& value, Ttl ttl) {
  const auto& metrics = *options_.metrics(key);
  uint64_t size = cost(key, value.size());
  if (value.size() > options_.max_item_bytes || size > options_.max_bytes) {
    count(metrics.overflowed);
    return;
  }
  // Room is taken before it is used, so that the limit holds at every moment.
  uint64_t now = bytes_ += size;
  while (now > options_.max_bytes && evict_one()) now = bytes_;
  auto now_time = options_.clock();
  auto room =
      std::chrono::duration_cast<Ttl>(std::chrono::steady_clock::time_point::max() - now_time);
  auto& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  auto known = shard.by_key.find(key);
  if (known != shard.by_key.end()) erase(shard, known->second);
  shard.entries.push_front(
      Entry{key, Bytes::copy_of(value.as_string()), now_time + std::min(ttl, room)});
  shard.by_key.emplace(shard.entries.front().key, shard.entries.begin());
  count(metrics.added);
  move_gauge(metrics.items, 1);
  move_gauge(metrics.value_bytes, static_cast<double>(value.size()));
  move_gauge(metrics.total_bytes, static_cast<double>(key.size() + value.size()));
}

/// Forgets the oldest entry of the next shard that has one; false where nothing is held.
bool MemoryCache::evict_one() {
  for (size_t i = 0; i < kShards; ++i) {
    auto& shard = *shards_[next_victim_++ % kShards];
    std::lock_guard lock(shard.mutex);
    if (shard.entries.empty()) continue;
    auto oldest = std::prev(shard.entries.end());
    count(options_.metrics(oldest->key)->evicted);
    erase(shard, oldest);
    return true;
  }
  return false;
}

void MemoryCache::erase(Shard& shard, std::list<Entry>::iterator entry) {
  const auto& metrics = *options_.metrics(entry->key);
  auto value_size = entry->value.size();
  move_gauge(metrics.items, -1);
  move_gauge(metrics.value_bytes, -static_cast<double>(value_size));
  move_gauge(metrics.total_bytes, -static_cast<double>(entry->key.size() + value_size));
  bytes_ -= cost(entry->key, value_size);
  shard.by_key.erase(entry->key);
  shard.entries.erase(entry);
}

}  // namespace mnemo::cache
