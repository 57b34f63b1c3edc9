// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/status.hpp>

#include "cache/connection_pool.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace mnemo::cache {

/// Tells the addresses of the servers now; may look them up. Called by one thread at a time.
using ServerLookup = std::function<Result<std::vector<std::string>>(const Context&)>;

struct ServerListOptions {
  ServerLookup lookup;
  std::chrono::milliseconds interval = std::chrono::seconds(10);
  uint64_t max_idle_connections = 100;
  std::shared_ptr<Executor> executor;  // looks up later than the first time
  std::shared_ptr<Logger> logger;      // null: none
};

/// The servers of a cache in Thanos' order, looked up now and then in the background. What can't be
/// looked up leaves the list as it is.
///
/// Thread-safe. Starts no thread.
class ServerList {
 public:
  using Servers = std::vector<std::shared_ptr<ConnectionPool>>;

  explicit ServerList(ServerListOptions options);
  ~ServerList();
  ServerList(const ServerList&) = delete;
  ServerList& operator=(const ServerList&) = delete;

  /// Empty where none has been found yet. The first call looks up itself.
  std::shared_ptr<const Servers> servers(const Context& context);

 private:
  void refresh(const Context& context);

  ServerListOptions options_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any idle_;
  std::shared_ptr<const Servers> servers_ = std::make_shared<Servers>();
  bool is_refreshing_ = false;
  Context::Clock::time_point due_{};
};

/// Asks a cluster of memcached for its servers (`config get cluster`), as its endpoint at `address`
/// tells them.
Result<std::vector<std::string>> discover_memcached(const Context& context,
                                                    const std::string& address);

}  // namespace mnemo::cache
