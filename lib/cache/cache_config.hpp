// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include "base/yaml_fields.hpp"
#include "cache/cache.hpp"
#include "cache/memory_cache.hpp"
#include "cache/server_list.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::cache {

/// What caches need beside their configuration.
struct CacheSurroundings {
  std::string name;                    // "index-cache", in metrics and logs
  std::shared_ptr<Executor> executor;  // for stores into servers; not one that queries run on
  Metrics* metrics = nullptr;          // must outlive the cache
  std::shared_ptr<Logger> logger;      // null: none
  /// Looks up addresses with `dns+`, `dnssrv+` and the like every so often. Empty: addresses are
  /// taken as they are.
  std::function<ServerLookup(const std::vector<std::string>& addresses,
                             std::chrono::milliseconds interval)>
      lookup;
  /// Says how a memory cache of these limits counts; empty: as `make_memory_cache_metrics`.
  std::function<void(MemoryCacheOptions&)> count_memory;
};

/// Makes the cache of Thanos' `type` (IN-MEMORY, MEMCACHED, REDIS) and `config`; what is kept in
/// servers is sealed. Errors: InvalidArgument (with field and line), Unimplemented (by name).
Result<std::shared_ptr<Cache>> make_cache(const std::string& type, const YAML::Node& config,
                                          const CacheSurroundings& surroundings);

/// The same for a whole document, a map with `type`, `config` and the fields of `more`; or, beyond
/// Thanos, a list of such maps: several levels, the one to be asked first first, of which the last
/// one's further fields count.
Result<std::shared_ptr<Cache>> make_cache_levels(const YAML::Node& root,
                                                 const CacheSurroundings& surroundings,
                                                 const yaml::Fields& more);

}  // namespace mnemo::cache
