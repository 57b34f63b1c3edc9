// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::cache {

/// Brings servers into the order in which Thanos numbers them: numbers in names by their value
/// ("memcached-2" before "memcached-10").
void sort_servers(std::vector<std::string>& servers);

/// The number of the server that keeps `key`, of `servers` (at least one), as Thanos chooses it:
/// jump hash of xxHash64.
size_t choose_server(std::string_view key, size_t servers);

}  // namespace mnemo::cache
