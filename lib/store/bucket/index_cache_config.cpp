// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/index_cache_config.hpp"

#include "base/yaml_fields.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

constexpr char kWhat[] = "index cache configuration";

Result<std::vector<IndexItem>> items_of(const std::vector<std::string>& names) {
  std::vector<IndexItem> items;
  for (const auto& name : names) {
    auto at = std::find_if(kIndexItems.begin(), kIndexItems.end(),
                           [&](IndexItem item) { return index_item_name(item) == name; });
    if (at == kIndexItems.end()) {
      return Status::invalid_argument(std::string(kWhat) + ": unsupported item type " + name);
    }
    items.push_back(*at);
  }
  return items;
}

}  // namespace

Result<std::shared_ptr<IndexCache>> make_index_cache_from_config(
    std::string_view yaml, cache::CacheSurroundings surroundings) {
  IndexCacheOptions options;
  options.metrics = surroundings.metrics;
  if (surroundings.metrics != nullptr) {
    auto* metrics = surroundings.metrics;
    surroundings.count_memory = [metrics](cache::MemoryCacheOptions& memory) {
      count_index_items(memory, *metrics);
    };
  }
  std::vector<std::string> enabled;
  MNEMO_RETURN_IF_ERROR(yaml::read_document(kWhat, yaml, [&](const YAML::Node& root) -> Status {
    MNEMO_TRY(options.cache, cache::make_cache_levels(root, surroundings,
                                                      {{"enabled_items", yaml::texts(enabled)},
                                                       {"ttl", yaml::duration(options.ttl)}}));
    return {};
  }));
  if (!enabled.empty()) {
    MNEMO_TRY(options.enabled, items_of(enabled));
  }
  if (options.ttl.count() == 0) options.ttl = IndexCacheOptions().ttl;
  return std::make_shared<IndexCache>(std::move(options));
}

Result<std::shared_ptr<IndexCache>> make_memory_index_cache(uint64_t max_bytes, Metrics* metrics) {
  cache::MemoryCacheOptions memory;
  memory.max_bytes = max_bytes;
  memory.max_item_bytes = std::min(memory.max_item_bytes, max_bytes);
  if (metrics != nullptr) count_index_items(memory, *metrics);
  IndexCacheOptions options;
  options.metrics = metrics;
  MNEMO_TRY(options.cache, cache::MemoryCache::create(std::move(memory)));
  return std::make_shared<IndexCache>(std::move(options));
}

}  // namespace mnemo
