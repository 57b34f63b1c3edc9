// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/index_cache.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mnemo {
namespace {

constexpr char kTenant[] = "default-tenant";

/// Keys begin with it.
char key_letter(IndexItem item) {
  switch (item) {
    case IndexItem::kPostings: return 'P';
    case IndexItem::kExpandedPostings: return 'E';
    case IndexItem::kSeries: return 'S';
  }
  return '?';
}

std::string begin_key(IndexItem item, const Ulid& block) {
  std::string key(1, key_letter(item));
  key += ':';
  key += block.to_string();
  key += ':';
  return key;
}

/// The length goes before the text, so that no two lists of texts make one key.
void append_counted(std::string& key, std::string_view text) {
  key += std::to_string(text.size());
  key += ':';
  key += text;
}

cache::MemoryCacheMetrics item_metrics(Metrics& metrics, IndexItem item) {
  Metrics::LabelMap labels = {{"item_type", std::string(index_item_name(item))}};
  auto counter = [&](const char* name, const char* help) {
    return &metrics.counter(std::string("thanos_store_index_cache_") + name, help, labels);
  };
  auto gauge = [&](const char* name, const char* help) {
    return &metrics.gauge(std::string("thanos_store_index_cache_") + name, help, labels);
  };
  cache::MemoryCacheMetrics result;
  result.added =
      counter("items_added_total", "Total number of items that were added to the index cache.");
  result.evicted = counter("items_evicted_total",
                           "Total number of items that were evicted from the index cache.");
  result.overflowed =
      counter("items_overflowed_total",
              "Total number of items that could not be added to the cache due to being too big.");
  result.items = gauge("items", "Current number of items in the index cache.");
  result.value_bytes = gauge("items_size_bytes", "Current byte size of items in the index cache.");
  result.total_bytes = gauge("total_size_bytes",
                             "Current byte size of items (both value and key) in the index cache.");
  return result;
}

}  // namespace

std::string_view index_item_name(IndexItem item) {
  switch (item) {
    case IndexItem::kPostings: return "Postings";
    case IndexItem::kExpandedPostings: return "ExpandedPostings";
    case IndexItem::kSeries: return "Series";
  }
  return "Unknown";
}

IndexCache::IndexCache(IndexCacheOptions options) : options_(std::move(options)) {
  for (auto item : options_.enabled) counts(item).enabled = true;
  if (options_.metrics == nullptr) return;
  auto& metrics = *options_.metrics;
  for (auto item : kIndexItems) {
    Metrics::LabelMap labels = {{"item_type", std::string(index_item_name(item))},
                                {"tenant", kTenant}};
    auto& to = counts(item);
    to.requests = &metrics.counter("thanos_store_index_cache_requests_total",
                                   "Total number of items requests to the cache.", labels);
    to.hits =
        &metrics.counter("thanos_store_index_cache_hits_total",
                         "Total number of items requests to the cache that were a hit.", labels);
    to.stored_bytes =
        &metrics.histogram("thanos_store_index_cache_stored_data_size_bytes",
                           "Histogram to track item data size stored in index cache",
                           {32, 256, 512, 1024, 32 << 10, 256 << 10, 512 << 10, 1 << 20, 32 << 20,
                            64 << 20, 128 << 20, 256 << 20, 512 << 20},
                           labels);
    to.fetch_seconds =
        &metrics.histogram("thanos_store_index_cache_fetch_duration_seconds",
                           "Histogram to track latency to fetch items from index cache",
                           {0.01, 0.1, 0.3, 0.6, 1, 3, 6, 10, 15, 20, 30, 45, 60, 90, 120}, labels);
  }
}

std::vector<std::optional<Bytes>> IndexCache::fetch(const Context& context, IndexItem item,
                                                    std::span<const std::string> keys) {
  const auto& to = counts(item);
  if (!to.enabled || keys.empty()) return std::vector<std::optional<Bytes>>(keys.size());
  auto start = std::chrono::steady_clock::now();
  auto found = options_.cache->fetch(context, keys);
  if (to.requests == nullptr) return found;
  to.requests->increment(static_cast<double>(keys.size()));
  auto hits = std::count_if(found.begin(), found.end(), [](const auto& v) { return !!v; });
  to.hits->increment(static_cast<double>(hits));
  std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  to.fetch_seconds->observe(taken.count());
  return found;
}

void IndexCache::store(IndexItem item, const std::string& key, const Bytes& value) {
  const auto& to = counts(item);
  if (!to.enabled) return;
  if (to.stored_bytes != nullptr) to.stored_bytes->observe(static_cast<double>(value.size()));
  options_.cache->store(key, value, options_.ttl);
}

std::string IndexCache::postings_key(const Ulid& block, std::string_view name,
                                     std::string_view value) {
  auto key = begin_key(IndexItem::kPostings, block);
  append_counted(key, name);
  append_counted(key, value);
  return key;
}

std::string IndexCache::expanded_postings_key(const Ulid& block,
                                              std::span<const Matcher> matchers) {
  std::vector<std::string> texts;
  texts.reserve(matchers.size());
  for (const auto& matcher : matchers) texts.push_back(matcher.to_string());
  std::sort(texts.begin(), texts.end());
  auto key = begin_key(IndexItem::kExpandedPostings, block);
  for (const auto& text : texts) append_counted(key, text);
  return key;
}

std::string IndexCache::series_key(const Ulid& block, uint64_t ref) {
  return begin_key(IndexItem::kSeries, block) + std::to_string(ref);
}

void count_index_items(cache::MemoryCacheOptions& options, Metrics& metrics) {
  auto counted = std::make_shared<std::array<cache::MemoryCacheMetrics, kIndexItems.size()>>();
  for (auto item : kIndexItems) (*counted)[static_cast<size_t>(item)] = item_metrics(metrics, item);
  metrics
      .gauge("thanos_store_index_cache_max_size_bytes",
             "Maximum number of bytes to be held in the index cache.")
      .set(static_cast<double>(options.max_bytes));
  metrics
      .gauge("thanos_store_index_cache_max_item_size_bytes",
             "Maximum number of bytes for single entry to be held in the index cache.")
      .set(static_cast<double>(options.max_item_bytes));
  options.metrics = [counted](std::string_view key) {
    for (auto item : kIndexItems) {
      if (!key.empty() && key[0] == key_letter(item)) return &(*counted)[static_cast<size_t>(item)];
    }
    return &counted->front();
  };
}

}  // namespace mnemo
