// SPDX-License-Identifier: Apache-2.0
#include "support/cache_servers.hpp"

#include "base/file.hpp"
#include "cache/connection.hpp"

#include <mnemo/context.hpp>

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

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

/// A port that nobody listens on at the moment.
std::string free_port() {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), generic, size) != 0 ||
      ::getsockname(socket.get(), generic, &size) != 0) {
    FAIL("no free port");
  }
  return std::to_string(ntohs(address.sin_port));
}

}  // namespace

std::unique_ptr<CacheServer> start_tcp_redis(const std::string& port_flag,
                                             const std::vector<std::string>& options) {
  auto path = find_program({"/usr/bin/redis-server"});
  if (!path) {
    MESSAGE("skipped: no redis-server (Debian package redis-server)");
    return nullptr;
  }
  auto server = std::make_unique<CacheServer>();
  auto port = free_port();
  server->address = "127.0.0.1:" + port;
  std::vector<std::string> command = {*path, "--bind",       "127.0.0.1", "--save",
                                      "",    "--appendonly", "no"};
  if (port_flag != "--port") command.insert(command.end(), {"--port", "0"});
  command.insert(command.end(), {port_flag, port});
  command.insert(command.end(), options.begin(), options.end());
  server->process = std::make_unique<ChildProcess>(command, server->dir.path() / "log");
  if (!wait_until_up(server->address)) FAIL("no answer from redis-server");
  return server;
}

std::unique_ptr<CacheServer> start_sentinel(const std::string& master_name,
                                            const CacheServer& master,
                                            const std::string& password) {
  auto path = find_program({"/usr/bin/redis-server"});
  auto sentinel = std::make_unique<CacheServer>();
  auto port = free_port();
  sentinel->address = "127.0.0.1:" + port;
  auto config = sentinel->dir.path() / "sentinel.conf";
  std::ofstream(config) << "bind 127.0.0.1\nport " << port << "\nrequirepass " << password
                        << "\ndir " << sentinel->dir.path().string() << "\nsentinel monitor "
                        << master_name << " 127.0.0.1 " << master.port() << " 1\n"
                        << "sentinel auth-pass " << master_name << " sesame\n";
  sentinel->process = std::make_unique<ChildProcess>(
      std::vector<std::string>{path.value(), config.string(), "--sentinel"},
      sentinel->dir.path() / "log");
  if (!wait_until_up(sentinel->address)) FAIL("no answer from Redis Sentinel");
  return sentinel;
}

void send_redis(const CacheServer& server, const std::string& password,
                const std::string& command) {
  auto context = Context().with_timeout(std::chrono::seconds(5));
  auto connection = cache::Connection::open(context, server.address);
  REQUIRE_EQ(connection.status(), Status());
  for (const auto& line : {"AUTH " + password, command}) {
    CHECK_EQ(connection->write(context, line + "\r\n"), Status());
    CHECK_EQ(*connection->read_line(context), "+OK");
  }
}

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
