// SPDX-License-Identifier: Apache-2.0
#include "cache/server_list.hpp"

#include "cache/server_choice.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mnemo::cache {
namespace {

constexpr size_t kMaxCluster = 1 << 20;
constexpr auto kLookupTimeout = std::chrono::seconds(10);

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (true) {
    auto end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  return text;
}

bool is_port(std::string_view text) {
  uint16_t port = 0;
  const auto* end = text.data() + text.size();
  return std::from_chars(text.data(), end, port).ptr == end && port > 0;
}

}  // namespace

ServerList::ServerList(ServerListOptions options) : options_(std::move(options)) {
  if (!options_.logger) options_.logger = null_logger();
}

ServerList::~ServerList() {
  stop_.request_stop();
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return !is_refreshing_; });
}

std::shared_ptr<const ServerList::Servers> ServerList::servers(const Context& context) {
  std::unique_lock lock(mutex_);
  // Who comes during the first look-up has nothing else to go by.
  auto is_known = [&] { return !is_refreshing_ || !servers_->empty(); };
  if (context.deadline()) {
    idle_.wait_until(lock, context.token(), *context.deadline(), is_known);
  } else {
    idle_.wait(lock, context.token(), is_known);
  }
  if (is_refreshing_ || Context::Clock::now() < due_) return servers_;
  is_refreshing_ = true;
  bool is_first = servers_->empty();
  lock.unlock();
  if (is_first || !options_.executor) {
    refresh(context.with_timeout(kLookupTimeout));
  } else {
    options_.executor->submit(
        [this] { refresh(Context(stop_.get_token()).with_timeout(kLookupTimeout)); });
  }
  lock.lock();
  return servers_;
}

void ServerList::refresh(const Context& context) {
  auto addresses = options_.lookup(context);
  if (!addresses.ok()) {
    options_.logger->warn("failed to look up cache servers",
                          {{"err", addresses.status().message()}});
  }
  std::lock_guard lock(mutex_);
  is_refreshing_ = false;
  idle_.notify_all();
  due_ = Context::Clock::now() + options_.interval;
  if (!addresses.ok() || addresses->empty()) return;
  sort_servers(*addresses);
  auto now = std::make_shared<Servers>();
  for (const auto& address : *addresses) {
    auto known = std::find_if(servers_->begin(), servers_->end(),
                              [&](const auto& pool) { return pool->address() == address; });
    now->push_back(known != servers_->end()
                       ? *known
                       : std::make_shared<ConnectionPool>(address, options_.max_idle_connections));
  }
  servers_ = std::move(now);
}

Result<std::vector<std::string>> discover_memcached(const Context& context,
                                                    const std::string& address) {
  auto malformed = [&] {
    return Status::unavailable("cache server " + address + ": malformed cluster configuration");
  };
  MNEMO_TRY(auto connection, Connection::open(context, address));
  MNEMO_RETURN_IF_ERROR(connection.write(context, "config get cluster\r\n"));
  MNEMO_TRY(auto line, connection.read_line(context));
  auto words = split(line, ' ');
  size_t size = 0;
  if (words.size() != 4 || words[0] != "CONFIG") return malformed();
  auto end = words[3].data() + words[3].size();
  if (std::from_chars(words[3].data(), end, size).ptr != end || size > kMaxCluster) {
    return malformed();
  }
  std::string payload;
  MNEMO_RETURN_IF_ERROR(connection.read_exactly(context, size, payload));
  auto lines = split(payload, '\n');  // a version, then the nodes as host|ip|port
  if (lines.size() < 2) return malformed();
  std::vector<std::string> servers;
  for (auto node : split(trimmed(lines[1]), ' ')) {
    auto parts = split(node, '|');
    if (parts.size() != 3 || !is_port(parts[2])) return malformed();
    auto host = parts[0].empty() ? parts[1] : parts[0];
    servers.push_back(std::string(host) + ":" + std::string(parts[2]));
  }
  return servers;
}

}  // namespace mnemo::cache
