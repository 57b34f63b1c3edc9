// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include "cache/cache_config.hpp"
#include "store/bucket/index_cache.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace mnemo {

/// The index cache that Thanos' YAML (`--index-cache.config`) describes: `type`, `config`,
/// `enabled_items`, `ttl`. Errors: InvalidArgument (with field and line), Unimplemented.
Result<std::shared_ptr<IndexCache>> make_index_cache_from_config(
    std::string_view yaml, cache::CacheSurroundings surroundings);

/// One in memory of at most `max_bytes` (`--index-cache-size`).
Result<std::shared_ptr<IndexCache>> make_memory_index_cache(uint64_t max_bytes, Metrics* metrics);

}  // namespace mnemo
