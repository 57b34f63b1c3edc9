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
#include <sstream>

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

std::unique_ptr<CacheServer> start(CacheServerKind kind, const std::string& program,
                                   const std::string& package,
                                   const std::vector<std::string>& arguments,
                                   const std::string& socket_flag) {
  auto path = find_program({"/usr/bin/" + program, "/usr/sbin/" + program});
  if (!path) {
    MESSAGE("skipped: no ", program, " (Debian package ", package, ")");
    return nullptr;
  }
  auto server = std::make_unique<CacheServer>();
  server->kind = kind;
  server->address = (server->dir.path() / "socket").string();
  server->command = {*path};
  server->command.insert(server->command.end(), arguments.begin(), arguments.end());
  server->command.insert(server->command.end(), {socket_flag, server->address});
  server->start();
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

/// A conversation with the server; what goes wrong ends the test.
class Talk {
 public:
  explicit Talk(const std::string& address)
      : connection_(required(cache::Connection::open(context_, address))) {}

  void say(std::string_view text) { check(connection_.write(context_, text)); }
  void expect(std::string_view wanted) {
    if (auto got = line(); got != wanted) FAIL(got);
  }
  std::string line() { return std::string(required(connection_.read_line(context_))); }
  std::string content(size_t size) {
    std::string data;
    check(connection_.read_exactly(context_, size + 2, data));
    data.resize(size);
    return data;
  }
  /// All up to `end`, which nothing follows.
  std::string until(std::string_view end) {
    std::string text;
    while (!text.ends_with(end)) text += required(connection_.read_some(context_));
    return text.substr(0, text.size() - end.size());
  }
  /// A string of Redis.
  std::string redis_text() { return content(number_after(line(), 1)); }

  static size_t number_after(const std::string& line, size_t at) {
    return std::stoul(line.substr(at));
  }

 private:
  static void check(const Status& status) {
    if (!status.ok()) FAIL(status.to_string());
  }

  template <class T>
  static T required(Result<T> result) {
    check(result.status());
    return *std::move(result);
  }

  Context context_ = Context().with_timeout(std::chrono::seconds(10));
  cache::Connection connection_;
};

/// Lines of "key=... exp=...", which end with LF only.
std::vector<std::string> memcached_keys(Talk& talk) {
  talk.say("lru_crawler metadump all\r\n");
  std::istringstream dump(talk.until("END\r\n"));
  std::vector<std::string> keys;
  for (std::string line; std::getline(dump, line);) {
    std::string key;
    for (size_t i = std::string("key=").size(); i < line.size() && line[i] != ' '; ++i) {
      if (line[i] != '%') {
        key += line[i];
        continue;
      }
      key += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
    keys.push_back(key);
  }
  return keys;
}

std::string redis_command(const std::vector<std::string>& words) {
  auto command = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) {
    command += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return command;
}

std::vector<std::string> redis_keys(Talk& talk) {
  talk.say(redis_command({"KEYS", "*"}));
  std::vector<std::string> keys(Talk::number_after(talk.line(), 1));
  for (auto& key : keys) key = talk.redis_text();
  return keys;
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

void CacheServer::start() {
  kill();
  std::filesystem::remove(address);
  process = std::make_unique<ChildProcess>(command, dir.path() / "log");
  if (!wait_until_up(address)) FAIL("no answer from ", command[0]);
}

std::map<std::string, std::string> CacheServer::contents() const {
  Talk talk(address);
  bool is_redis = kind == CacheServerKind::kRedis;
  std::map<std::string, std::string> contents;
  for (const auto& key : is_redis ? redis_keys(talk) : memcached_keys(talk)) {
    talk.say(is_redis ? redis_command({"GET", key}) : "get " + key + "\r\n");
    if (is_redis) {
      contents[key] = talk.redis_text();
      continue;
    }
    auto head = talk.line();
    if (head == "END") continue;
    contents[key] = talk.content(Talk::number_after(head, head.rfind(' ')));
    talk.expect("END");
  }
  return contents;
}

void CacheServer::put(const std::map<std::string, std::string>& contents) const {
  Talk talk(address);
  for (const auto& [key, value] : contents) {
    if (kind == CacheServerKind::kRedis) {
      talk.say(redis_command({"SET", key, value}));
      talk.expect("+OK");
    } else {
      talk.say("set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n");
      talk.expect("STORED");
    }
  }
}

void CacheServer::forget_all() const {
  Talk talk(address);
  talk.say(kind == CacheServerKind::kRedis ? "FLUSHALL\r\n" : "flush_all\r\n");
  talk.line();
}

std::unique_ptr<CacheServer> start_memcached(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"-m", "64"};
  if (::geteuid() == 0) arguments.insert(arguments.end(), {"-u", "root"});
  arguments.insert(arguments.end(), options.begin(), options.end());
  return start(CacheServerKind::kMemcached, "memcached", "memcached", arguments, "-s");
}

std::unique_ptr<CacheServer> start_redis(const std::vector<std::string>& options) {
  std::vector<std::string> arguments = {"--port", "0", "--save", "", "--appendonly", "no"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return start(CacheServerKind::kRedis, "redis-server", "redis-server", arguments, "--unixsocket");
}

std::unique_ptr<CacheServer> start_cache_server(CacheServerKind kind,
                                                const std::vector<std::string>& options) {
  return kind == CacheServerKind::kRedis ? start_redis(options) : start_memcached(options);
}

}  // namespace mnemo::testing
