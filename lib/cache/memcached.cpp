// SPDX-License-Identifier: Apache-2.0
#include "cache/memcached.hpp"

#include "cache/server_choice.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mnemo::cache {
namespace {

constexpr size_t kMaxKeySize = 250;

/// What one server is asked for.
struct Share {
  std::shared_ptr<ConnectionPool> server;
  std::vector<size_t> keys;  // their numbers
  std::optional<Connection> connection;
  size_t requests = 0;
};

bool is_valid_key(std::string_view key) {
  return !key.empty() && key.size() <= kMaxKeySize &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c != 0x7f; });
}

/// Takes the word before the next space.
std::string_view take_word(std::string_view& line) {
  auto end = std::min(line.find(' '), line.size());
  auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool read_number(std::string_view word, uint64_t& number) {
  auto end = word.data() + word.size();
  return !word.empty() && std::from_chars(word.data(), end, number).ptr == end;
}

class MemcachedClient final : public RemoteClient {
 public:
  explicit MemcachedClient(MemcachedOptions options)
      : options_(std::move(options)), servers_(options_.servers) {}

  std::vector<std::optional<Bytes>> get(const Context& caller, std::span<const std::string> keys,
                                        Status& failure) override {
    std::vector<std::optional<Bytes>> found(keys.size());
    auto context = caller.with_timeout(options_.timeout);
    auto shares = share_out(caller, keys);
    auto note = [&](const Status& status) {
      if (!status.ok() && failure.ok()) failure = status;
    };
    for (auto& share : shares) note(ask(context, keys, share));
    for (auto& share : shares) {
      if (!share.connection) continue;
      auto status = read_answers(context, keys, share, found);
      note(status);
      if (status.ok()) {
        share.server->give_back(*std::move(share.connection));
      } else if (!caller.stopped()) {
        share.server->punish();
      }
    }
    return found;
  }

  Status set(const Context& caller, const std::string& key, const Bytes& value, Ttl ttl) override {
    if (!is_valid_key(key)) return Status::invalid_argument("malformed key: " + key);
    auto servers = servers_.servers(caller);
    if (servers->empty()) return Status::unavailable("no cache server is known");
    auto& server = *(*servers)[choose_server(key, servers->size())];
    auto context = caller.with_timeout(options_.timeout);
    MNEMO_TRY(auto connection, server.take(context));
    auto status = store(context, connection, key, value, ttl);
    if (status.ok() || status.code() == Code::kInternal) {
      server.give_back(std::move(connection));
    } else if (!caller.stopped()) {
      server.punish();
    }
    return status;
  }

 private:
  std::vector<Share> share_out(const Context& context, std::span<const std::string> keys) {
    auto servers = servers_.servers(context);
    std::vector<Share> shares(servers->size());
    for (size_t i = 0; i < shares.size(); ++i) shares[i].server = (*servers)[i];
    for (size_t i = 0; i < keys.size() && !shares.empty(); ++i) {
      if (!is_valid_key(keys[i])) continue;
      shares[choose_server(keys[i], shares.size())].keys.push_back(i);
    }
    std::erase_if(shares, [](const Share& share) { return share.keys.empty(); });
    return shares;
  }

  /// Sends the requests for one server's share, without waiting for answers.
  Status ask(const Context& context, std::span<const std::string> keys, Share& share) const {
    size_t batch = options_.max_get_batch > 0 ? options_.max_get_batch : share.keys.size();
    std::string request;
    for (size_t i = 0; i < share.keys.size(); ++i) {
      if (i % batch == 0) {
        request += i == 0 ? "get" : "\r\nget";
        ++share.requests;
      }
      request += ' ';
      request += keys[share.keys[i]];
    }
    request += "\r\n";
    MNEMO_TRY(auto connection, share.server->take(context));
    MNEMO_RETURN_IF_ERROR(connection.write(context, request));
    share.connection.emplace(std::move(connection));
    return {};
  }

  Status read_answers(const Context& context, std::span<const std::string> keys, Share& share,
                      std::vector<std::optional<Bytes>>& found) const {
    auto& connection = *share.connection;
    std::unordered_map<std::string_view, size_t> numbers;
    for (size_t i : share.keys) numbers.emplace(keys[i], i);
    for (size_t ended = 0; ended < share.requests;) {
      MNEMO_TRY(auto line, connection.read_line(context));
      if (line == "END") {
        ++ended;
        continue;
      }
      bool is_value = take_word(line) == "VALUE";
      auto at = numbers.find(take_word(line));
      uint64_t flags = 0;
      uint64_t size = 0;
      bool is_right = is_value && at != numbers.end() && read_number(take_word(line), flags) &&
                      read_number(take_word(line), size) && size <= options_.max_value_bytes;
      if (!is_right) {
        return Status::unavailable("cache server " + connection.address() +
                                   ": unexpected answer to get");
      }
      std::string value;
      MNEMO_RETURN_IF_ERROR(connection.read_exactly(context, size + 2, value));
      if (!value.ends_with("\r\n")) {
        return Status::unavailable("cache server " + connection.address() +
                                   ": a value without end");
      }
      value.resize(size);
      found[at->second] = Bytes::own(std::move(value));
    }
    return {};
  }

  Status store(const Context& context, Connection& connection, const std::string& key,
               const Bytes& value, Ttl ttl) const {
    // A time to live of more than thirty days would be taken for a date.
    auto now = std::chrono::system_clock::now() + ttl;
    auto expires = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (ttl.count() <= 0) expires = -1;  // its clock is up to a second late
    auto request = "set " + key + " 0 " + std::to_string(expires) + " " +
                   std::to_string(value.size()) + "\r\n";
    request.append(value.as_string());
    request += "\r\n";
    MNEMO_RETURN_IF_ERROR(connection.write(context, request));
    MNEMO_TRY(auto answer, connection.read_line(context));
    if (answer == "STORED") return {};
    std::string text(answer);
    bool is_refused = text.starts_with("SERVER_ERROR") || text == "NOT_STORED";
    auto message = "cache server " + connection.address() + ": " + text;
    return is_refused ? Status::internal(message) : Status::unavailable(message);
  }

  MemcachedOptions options_;
  ServerList servers_;
};

}  // namespace

std::shared_ptr<RemoteClient> make_memcached_client(MemcachedOptions options) {
  return std::make_shared<MemcachedClient>(std::move(options));
}

}  // namespace mnemo::cache
