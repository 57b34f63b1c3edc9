// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/ulid.hpp>

#include "cache/cache.hpp"
#include "cache/memory_cache.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// What an index cache keeps.
enum class IndexItem { kPostings, kExpandedPostings, kSeries };
inline constexpr std::array kIndexItems = {IndexItem::kPostings, IndexItem::kExpandedPostings,
                                           IndexItem::kSeries};
/// Thanos' name of it, in metrics and configuration. The view is static.
std::string_view index_item_name(IndexItem item);

struct IndexCacheOptions {
  std::shared_ptr<cache::Cache> cache;
  std::vector<IndexItem> enabled = {kIndexItems.begin(), kIndexItems.end()};
  cache::Ttl ttl = std::chrono::hours(24);
  Metrics* metrics = nullptr;  // thanos_store_index_cache_*; must outlive the cache
};

/// Parts of indexes that were read before: postings lists, the outcome of whole selections, series
/// entries.
///
/// Thread-safe. Ownership: shares the cache behind it. Whoever fetches checks what it gets as it
/// checks what it reads from the bucket, and stores only what it has checked.
class IndexCache {
 public:
  explicit IndexCache(IndexCacheOptions options);

  bool is_enabled(IndexItem item) const { return counts(item).enabled; }

  /// The values of `keys`, in their order; all misses where the item is not enabled.
  std::vector<std::optional<Bytes>> fetch(const Context& context, IndexItem item,
                                          std::span<const std::string> keys);
  void store(IndexItem item, const std::string& key, const Bytes& value);

  static std::string postings_key(const Ulid& block, std::string_view name, std::string_view value);
  static std::string expanded_postings_key(const Ulid& block, std::span<const Matcher> matchers);
  static std::string series_key(const Ulid& block, uint64_t ref);

 private:
  struct Counts {
    bool enabled = false;
    Counter* requests = nullptr;  // null without metrics, like the rest
    Counter* hits = nullptr;
    HistogramMetric* stored_bytes = nullptr;
    HistogramMetric* fetch_seconds = nullptr;
  };

  Counts& counts(IndexItem item) { return counts_[static_cast<size_t>(item)]; }
  const Counts& counts(IndexItem item) const { return counts_[static_cast<size_t>(item)]; }

  IndexCacheOptions options_;
  std::array<Counts, kIndexItems.size()> counts_;
};

/// Makes a memory cache count each kind of item of an index cache under Thanos' names:
/// thanos_store_index_cache_items*{item_type="..."}. `metrics` must outlive the cache.
void count_index_items(cache::MemoryCacheOptions& options, Metrics& metrics);

}  // namespace mnemo
