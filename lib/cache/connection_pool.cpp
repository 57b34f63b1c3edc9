// SPDX-License-Identifier: Apache-2.0
#include "cache/connection_pool.hpp"

#include <optional>

namespace mnemo::cache {
namespace {

constexpr auto kLeftAlone = std::chrono::seconds(1);

}  // namespace

Result<Connection> ConnectionPool::take(const Context& context) {
  while (true) {
    std::optional<Connection> connection;
    {
      std::lock_guard lock(mutex_);
      if (idle_.empty()) {
        if (Clock::now() < left_alone_until_) {
          return Status::unavailable("cache server " + address_ + ": didn't answer lately");
        }
        break;
      }
      connection.emplace(std::move(idle_.back()));
      idle_.pop_back();
    }
    if (connection->is_usable()) return *std::move(connection);
  }
  auto made = Connection::open(context, address_, tls_);
  if (made.ok() && greet_) {
    auto greeted = greet_(context, *made);
    if (!greeted.ok()) made = greeted;
  }
  if (!made.ok() && !context.stopped()) punish();
  return made;
}

void ConnectionPool::give_back(Connection connection) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < max_idle_) idle_.push_back(std::move(connection));
}

void ConnectionPool::punish() {
  std::vector<Connection> closed;
  std::lock_guard lock(mutex_);
  left_alone_until_ = Clock::now() + kLeftAlone;
  closed.swap(idle_);
}

}  // namespace mnemo::cache
