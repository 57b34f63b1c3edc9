// SPDX-License-Identifier: Apache-2.0
#include "cache/redis.hpp"

#include "cache/connection_pool.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
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
      servers_.push_back(
          std::make_unique<ConnectionPool>(address, options_.max_idle_connections,
                                           [this](const Context& context, Connection& connection) {
                                             return greet(context, connection);
                                           }));
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

  /// Works with the first server that there is a connection to. Internal is a server's refusal,
  /// after which its connection goes on to be used.
  Status with_server(const Context& caller, std::chrono::milliseconds timeout, const Work& work) {
    Status last = Status::unavailable("no cache server is known");
    for (const auto& server : servers_) {
      auto connection = server->take(caller.with_timeout(options_.dial_timeout));
      if (!connection.ok()) {
        last = connection.status();
        continue;
      }
      auto status = work(caller.with_timeout(timeout), *connection);
      if (status.ok() || status.code() == Code::kInternal) {
        server->give_back(*std::move(connection));
      } else if (!caller.stopped()) {
        server->punish();
      }
      return status;
    }
    return last;
  }

  Status greet(const Context& context, Connection& connection) const {
    if (!options_.password.empty()) {
      std::vector<std::string_view> words = {"AUTH"};
      if (!options_.username.empty()) words.push_back(options_.username);
      words.push_back(options_.password);
      MNEMO_RETURN_IF_ERROR(run(context, connection, format_command(words)));
    }
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
  std::vector<std::unique_ptr<ConnectionPool>> servers_;
};

}  // namespace

std::shared_ptr<RemoteClient> make_redis_client(RedisOptions options) {
  return std::make_shared<RedisClient>(std::move(options));
}

}  // namespace mnemo::cache
