// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/cache_config.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::testing {

/// A cache of memcached, configured by `yaml`.
inline Result<std::shared_ptr<cache::Cache>> memcached_of(const std::string& yaml,
                                                          cache::CacheSurroundings surroundings) {
  surroundings.name = "test";
  surroundings.executor = make_thread_pool(2);
  return cache::make_cache("MEMCACHED", YAML::Load(yaml), surroundings);
}

/// Stores "key0", "key1" and so on.
inline void store_keys(cache::Cache& cache, int count) {
  for (int i = 0; i < count; ++i) {
    cache.store("key" + std::to_string(i), Bytes::own(std::to_string(i)), std::chrono::hours(1));
  }
  cache.flush();
}

/// How many of the keys are found, each with its own value.
inline int found_keys(cache::Cache& cache, int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back("key" + std::to_string(i));
  auto found = cache.fetch(Context(), keys);
  int hits = 0;
  for (int i = 0; i < count; ++i) {
    if (!found[i]) continue;
    CHECK_EQ(found[i]->as_string(), std::to_string(i));
    ++hits;
  }
  return hits;
}

/// Asks until the answer is the wanted one, for two seconds at most.
template <typename Ask, typename Value>
bool becomes(Ask ask, const Value& wanted) {
  for (int i = 0; i < 200; ++i) {
    if (ask() == wanted) return true;
    (void)Context().sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace mnemo::testing
