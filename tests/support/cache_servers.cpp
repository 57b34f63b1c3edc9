// SPDX-License-Identifier: Apache-2.0
#include "support/cache_servers.hpp"

#include "cache/connection.hpp"

#include <mnemo/context.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>

namespace mnemo::testing {
namespace {

/// Waits until somebody listens on the socket.
bool wait_until_up(const std::string& address) {
  for (int i = 0; i < 500; ++i) {
    if (cache::Connection::open(Context().with_timeout(std::chrono::seconds(1)), address).ok()) {
      return true;
    }
    (void)Context().sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::unique_ptr<CacheServer> start(const std::string& program, const std::string& package,
                                   const std::vector<std::string>& arguments,
                                   const std::string& socket_flag) {
  auto path = find_program({"/usr/bin/" + program, "/usr/sbin/" + program});
  if (!path) {
    MESSAGE("skipped: no ", program, " (Debian package ", package, ")");
    return nullptr;
  }
  auto server = std::make_unique<CacheServer>();
  server->address = (server->dir.path() / "socket").string();
  std::vector<std::string> command = {*path};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {socket_flag, server->address});
  server->process = std::make_unique<ChildProcess>(command, server->dir.path() / "log");
  if (!wait_until_up(server->address)) FAIL("no answer from ", program);
  return server;
}

}  // namespace

std::unique_ptr<CacheServer> start_memcached() {
  std::vector<std::string> arguments = {"-m", "64"};
  if (::geteuid() == 0) arguments.insert(arguments.end(), {"-u", "root"});
  return start("memcached", "memcached", arguments, "-s");
}

std::unique_ptr<CacheServer> start_redis(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"--port", "0", "--save", "", "--appendonly", "no"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return start("redis-server", "redis-server", arguments, "--unixsocket");
}

}  // namespace mnemo::testing
