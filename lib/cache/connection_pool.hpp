// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include "cache/connection.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mnemo::cache {

/// Connections to one server. A server that can't be reached is left alone for a moment, so that a
/// dead one costs its timeout now and then, not with every call.
///
/// Thread-safe.
class ConnectionPool {
 public:
  /// `greet` is done with each new connection.
  using Greet = std::function<Status(const Context&, Connection&)>;
  /// With `tls`, over TLS.
  ConnectionPool(std::string address, size_t max_idle, Greet greet = {},
                 std::shared_ptr<TlsClient> tls = nullptr)
      : address_(std::move(address)),
        max_idle_(max_idle),
        greet_(std::move(greet)),
        tls_(std::move(tls)) {}

  /// An idle connection, or a new one. Errors: Unavailable (also where the server is left alone),
  /// DeadlineExceeded.
  Result<Connection> take(const Context& context);
  /// Gives back a connection that did its work to the end.
  void give_back(Connection connection);
  /// Says that the server didn't answer properly: it is left alone for a moment.
  void punish();

  const std::string& address() const { return address_; }

 private:
  using Clock = std::chrono::steady_clock;

  const std::string address_;
  const size_t max_idle_;
  const Greet greet_;
  const std::shared_ptr<TlsClient> tls_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
  Clock::time_point left_alone_until_{};
};

}  // namespace mnemo::cache
