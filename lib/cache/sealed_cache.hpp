// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/cache.hpp"

#include <memory>
#include <string>

namespace mnemo::cache {

/// A cache over one that others can write to as well. Values carry a version and a checksum of
/// themselves and their key, so that foreign, old, mixed up, cut or damaged ones are misses. Keys
/// get a prefix of our own, which neither reads nor spoils what a Thanos keeps in the same servers,
/// and become short printable text.
std::shared_ptr<Cache> make_sealed_cache(std::shared_ptr<Cache> cache);

/// What `make_sealed_cache` keeps the value of `key` under.
std::string sealed_key(const std::string& key);

}  // namespace mnemo::cache
