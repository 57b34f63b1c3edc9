// SPDX-License-Identifier: Apache-2.0
#include "cache/redis.hpp"

#include "cache/connection_pool.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

namespace mnemo::cache {
namespace {

struct FreeReply {
  void operator()(void* reply) const { ::freeReplyObject(reply); }
};
struct FreeReader {
  void operator()(redisReader* reader) const { ::redisReaderFree(reader); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

std::string format_command(const std::vector<std::string_view>& words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (auto word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  int size = ::redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), texts.data(),
                                      sizes.data());
  std::string command(formatted, static_cast<size_t>(std::max(size, 0)));
  ::redisFreeCommand(formatted);
  return command;
}

std::string text_of(const redisReply& reply) {
  return reply.str == nullptr ? std::string() : std::string(reply.str, reply.len);
}

/// Reads replies in the order of their commands.
class ReplyReader {
 public:
  ReplyReader(Connection& connection, uint64_t max_bytes)
      : connection_(connection), max_bytes_(max_bytes), reader_(::redisReaderCreate()) {}

  Result<Reply> next(const Context& context) {
    uint64_t bytes = 0;
    while (true) {
      void* reply = nullptr;
      if (::redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
        return failure(reader_->errstr);
      }
      if (reply != nullptr) return Reply(static_cast<redisReply*>(reply));
      MNEMO_TRY(auto data, connection_.read_some(context));
      bytes += data.size();
      if (bytes > max_bytes_) return failure("reply too long");
      ::redisReaderFeed(reader_.get(), data.data(), data.size());
    }
  }

  Status failure(const std::string& what) const {
    return Status::unavailable("cache server " + connection_.address() + ": " + what);
  }

 private:
  Connection& connection_;
  uint64_t max_bytes_;
  std::unique_ptr<redisReader, FreeReader> reader_;
};

class RedisClient final : public RemoteClient {
 public:
  explicit RedisClient(RedisOptions options) : options_(std::move(options)) {
    for (const auto& address : options_.addresses) {
      if (options_.master_name.empty()) {
        servers_.push_back(make_server(address));
      } else {
        sentinels_.push_back(std::make_unique<ConnectionPool>(
            address, 1, [this](const Context& context, Connection& connection) {
              return log_in(context, connection, options_.sentinel_username,
                            options_.sentinel_password);
            }));
      }
    }
  }

  std::vector<std::optional<Bytes>> get(const Context& caller, std::span<const std::string> keys,
                                        Status& failure) override {
    std::vector<std::optional<Bytes>> found(keys.size());
    failure = with_server(caller, options_.read_timeout,
                          [&](const Context& context, Connection& connection) {
                            return get_from(context, connection, keys, found);
                          });
    return found;
  }

  Status set(const Context& caller, const std::string& key, const Bytes& value, Ttl ttl) override {
    auto whole_key = options_.prefix + key;
    auto milliseconds = std::to_string(std::max<int64_t>(ttl.count(), 1));
    auto command = format_command({"SET", whole_key, value.as_string(), "PX", milliseconds});
    return with_server(caller, options_.write_timeout,
                       [&](const Context& context, Connection& connection) {
                         return run(context, connection, command);
                       });
  }

 private:
  using Work = std::function<Status(const Context&, Connection&)>;
  using Server = std::shared_ptr<ConnectionPool>;

  Server make_server(const std::string& address) const {
    return std::make_shared<ConnectionPool>(
        address, options_.max_idle_connections,
        [this](const Context& context, Connection& connection) {
          return greet(context, connection);
        },
        options_.tls);
  }

  /// Works with the first server that there is a connection to. Internal is a server's refusal,
  /// after which its connection goes on to be used.
  Status with_server(const Context& caller, std::chrono::milliseconds timeout, const Work& work) {
    Status last = Status::unavailable("no cache server is known");
    MNEMO_TRY(auto servers, servers_now(caller));
    for (const auto& server : servers) {
      auto connection = server->take(caller.with_timeout(options_.dial_timeout));
      if (!connection.ok()) {
        last = connection.status();
        doubt(server);
        continue;
      }
      auto status = work(caller.with_timeout(timeout), *connection);
      // A master that was made a replica stays reachable, and writes nothing.
      if (!status.ok() && (status.code() != Code::kInternal || is_replica(status))) doubt(server);
      if (status.ok() || status.code() == Code::kInternal) {
        server->give_back(*std::move(connection));
      } else if (!caller.stopped()) {
        server->punish();
      }
      return status;
    }
    return last;
  }

  static bool is_replica(const Status& refusal) {
    return refusal.message().find(": READONLY") != std::string::npos;
  }

  /// Those of the configuration, or the master that a Sentinel names. One caller asks at a time.
  Result<std::vector<Server>> servers_now(const Context& context) {
    if (sentinels_.empty()) return servers_;
    std::lock_guard lock(mutex_);
    if (!is_doubtful_) return servers_;
    MNEMO_TRY(auto address, ask_sentinels(context));
    if (servers_.empty() || servers_[0]->address() != address) servers_ = {make_server(address)};
    is_doubtful_ = false;
    return servers_;
  }

  /// Has the Sentinels asked again whether this is the master.
  void doubt(const Server& server) {
    std::lock_guard lock(mutex_);
    if (!servers_.empty() && servers_[0] == server) is_doubtful_ = true;
  }

  Result<std::string> ask_sentinels(const Context& context) const {
    Status last;
    for (const auto& sentinel : sentinels_) {
      auto limited = context.with_timeout(options_.dial_timeout);
      auto connection = sentinel->take(limited);
      if (connection.ok()) {
        auto address = ask_sentinel(limited, *connection);
        if (address.ok()) {
          sentinel->give_back(*std::move(connection));
          return address;
        }
        last = address.status();
      } else {
        last = connection.status();
      }
    }
    return last.with_context("Redis Sentinel, master " + options_.master_name);
  }

  Result<std::string> ask_sentinel(const Context& context, Connection& connection) const {
    auto command = format_command({"SENTINEL", "get-master-addr-by-name", options_.master_name});
    MNEMO_RETURN_IF_ERROR(connection.write(context, command));
    ReplyReader replies(connection, options_.max_reply_bytes);
    MNEMO_TRY(auto reply, replies.next(context));
    if (reply->type == REDIS_REPLY_ERROR) return replies.failure(text_of(*reply));
    bool is_address = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                      reply->element[0]->type == REDIS_REPLY_STRING &&
                      reply->element[1]->type == REDIS_REPLY_STRING;
    if (!is_address) return replies.failure("knows no such master");
    auto host = text_of(*reply->element[0]);
    bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + text_of(*reply->element[1]);
  }

  Status log_in(const Context& context, Connection& connection, const std::string& username,
                const std::string& password) const {
    if (password.empty()) return {};
    std::vector<std::string_view> words = {"AUTH"};
    if (!username.empty()) words.push_back(username);
    words.push_back(password);
    return run(context, connection, format_command(words));
  }

  Status greet(const Context& context, Connection& connection) const {
    MNEMO_RETURN_IF_ERROR(log_in(context, connection, options_.username, options_.password));
    if (options_.db == 0) return {};
    auto db = std::to_string(options_.db);
    return run(context, connection, format_command({"SELECT", db}));
  }

  /// Runs a command whose reply says no more than whether it was done.
  Status run(const Context& context, Connection& connection, const std::string& command) const {
    MNEMO_RETURN_IF_ERROR(connection.write(context, command));
    ReplyReader replies(connection, options_.max_reply_bytes);
    MNEMO_TRY(auto reply, replies.next(context));
    if (reply->type != REDIS_REPLY_ERROR) return {};
    return Status::internal("cache server " + connection.address() + ": " + text_of(*reply));
  }

  Status get_from(const Context& context, Connection& connection, std::span<const std::string> keys,
                  std::vector<std::optional<Bytes>>& found) const {
    size_t batch = options_.get_multi_batch_size > 0 ? options_.get_multi_batch_size : keys.size();
    std::string commands;
    for (size_t first = 0; first < keys.size(); first += batch) {
      std::vector<std::string> wanted;
      for (size_t i = first; i < std::min(first + batch, keys.size()); ++i) {
        wanted.push_back(options_.prefix + keys[i]);
      }
      std::vector<std::string_view> words = {"MGET"};
      words.insert(words.end(), wanted.begin(), wanted.end());
      commands += format_command(words);
    }
    MNEMO_RETURN_IF_ERROR(connection.write(context, commands));
    ReplyReader replies(connection, options_.max_reply_bytes);
    Status refusal;
    for (size_t first = 0; first < keys.size(); first += batch) {
      MNEMO_TRY(auto reply, replies.next(context));
      size_t count = std::min(batch, keys.size() - first);
      if (reply->type == REDIS_REPLY_ERROR) {
        refusal = Status::internal("cache server " + connection.address() + ": " + text_of(*reply));
        continue;
      }
      if (reply->type != REDIS_REPLY_ARRAY || reply->elements != count) {
        return replies.failure("unexpected answer to MGET");
      }
      for (size_t i = 0; i < count; ++i) {
        const auto* value = reply->element[i];
        if (value->type == REDIS_REPLY_STRING) found[first + i] = Bytes::own(text_of(*value));
      }
    }
    return refusal;
  }

  RedisOptions options_;
  std::vector<std::unique_ptr<ConnectionPool>> sentinels_;
  std::mutex mutex_;
  std::vector<Server> servers_;  // fixed without Sentinels
  bool is_doubtful_ = true;
};

}  // namespace

std::shared_ptr<RemoteClient> make_redis_client(RedisOptions options) {
  return std::make_shared<RedisClient>(std::move(options));
}

}  // namespace mnemo::cache
