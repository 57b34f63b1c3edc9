// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::testing {

enum class CacheServerKind { kMemcached, kRedis };

/// A real cache server on a Unix socket in a folder of its own, ended by the destructor.
struct CacheServer {
  TempDir dir;
  CacheServerKind kind;
  std::string address;
  std::vector<std::string> command;
  std::unique_ptr<ChildProcess> process;

  void kill() { process.reset(); }
  /// Starts it, or starts it anew and empty; it listens when this returns.
  void start();

  /// Everything that it holds, by its own protocol.
  std::map<std::string, std::string> contents() const;
  void put(const std::map<std::string, std::string>& contents) const;
  void forget_all() const;
};

/// Nothing, and a message, where memcached isn't installed. `options` are further arguments.
std::unique_ptr<CacheServer> start_memcached(const std::vector<std::string>& options = {});
/// The same for redis-server: "--requirepass secret".
std::unique_ptr<CacheServer> start_redis(const std::vector<std::string>& options = {});
std::unique_ptr<CacheServer> start_cache_server(CacheServerKind kind,
                                                const std::vector<std::string>& options = {});

}  // namespace mnemo::testing
