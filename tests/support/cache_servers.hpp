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
  CacheServerKind kind{};
  std::string address;
  std::vector<std::string> command;
  std::unique_ptr<ChildProcess> process;

  void kill() { process.reset(); }
  /// Of an address with one.
  std::string port() const { return address.substr(address.rfind(':') + 1); }
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
/// One of the two.
std::unique_ptr<CacheServer> start_cache_server(CacheServerKind kind,
                                                const std::vector<std::string>& options = {});
/// On a port of the loopback that `port_flag` ("--port", "--tls-port") is given.
std::unique_ptr<CacheServer> start_tcp_redis(const std::string& port_flag,
                                             const std::vector<std::string>& options = {});
/// A Redis Sentinel with a password that watches `master`, which asks for the password "sesame".
std::unique_ptr<CacheServer> start_sentinel(const std::string& master_name,
                                            const CacheServer& master, const std::string& password);
/// One command in words, after AUTH.
void send_redis(const CacheServer& server, const std::string& password, const std::string& command);

}  // namespace mnemo::testing
