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
  /// Of an address with one.
  std::string port() const { return address.substr(address.rfind(':') + 1); }
};

/// Nothing, and a message, where memcached isn't installed.
std::unique_ptr<CacheServer> start_memcached();
/// The same for redis-server. `options` are further arguments, e.g. "--requirepass secret".
std::unique_ptr<CacheServer> start_redis(const std::vector<std::string>& options = {});
/// On a port of the loopback that `port_flag` ("--port", "--tls-port") is given.
std::unique_ptr<CacheServer> start_tcp_redis(const std::string& port_flag,
                                             const std::vector<std::string>& options = {});
/// A Redis Sentinel with a password that watches `master`, which asks for the password "sesame".
std::unique_ptr<CacheServer> start_sentinel(const std::string& master_name,
                                            const CacheServer& master, const std::string& password);
/// One command in words, after AUTH.
void send_redis(const CacheServer& server, const std::string& password, const std::string& command);

}  // namespace mnemo::testing
