// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mnemo::testing {

/// A real cache server on a Unix socket in a folder of its own, ended by the destructor.
struct CacheServer {
  TempDir dir;
  std::string address;
  std::unique_ptr<ChildProcess> process;

  void kill() { process.reset(); }
};

/// Nothing, and a message, where memcached isn't installed.
std::unique_ptr<CacheServer> start_memcached();
/// The same for redis-server. `options` are further arguments, e.g. "--requirepass secret".
std::unique_ptr<CacheServer> start_redis(const std::vector<std::string>& options = {});

}  // namespace mnemo::testing
