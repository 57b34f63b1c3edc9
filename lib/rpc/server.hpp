// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/service.hpp"
#include "rpc/tls.hpp"

#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>
#include <mnemo/store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mnemo::rpc {

struct GrpcServerOptions {
  /// As Thanos' --grpc-address: ":10901" listens on all interfaces, port 0 takes a free one.
  std::string address = ":10901";
  std::optional<TlsServerOptions> tls = {};
  /// Requests larger than this are refused.
  uint64_t max_request_bytes = 64 << 20;
  /// Clients that ping silent connections more often are cut off; Thanos' ping every 10 s.
  std::chrono::milliseconds min_ping_interval{5000};
  /// Connections older than this are closed once their calls are done; zero: never.
  std::chrono::milliseconds max_connection_age{0};
  /// Where calls run, waiting for the store. It must not be an executor that the store itself
  /// waits for: calls could then take all of its threads. Null: a pool of the server's own.
  std::shared_ptr<Executor> executor = {};
  /// What is served beside the store, and what Info says of it.
  std::vector<ServiceMethod> services = {};
  EndpointApis apis = {};
  std::shared_ptr<Metrics> metrics = {};  // may be null
  std::shared_ptr<Logger> logger = {};    // of changes of certificates; may be null
};

/// Serves thanos.Store, thanos.info.Info and grpc.health.v1.Health (Check) for any `Store`.
///
/// Thread-safe. Ownership: keeps the store alive until it is destroyed; the destructor shuts down
/// without grace.
/// A client that goes away, or whose deadline passes, ends the `Context` of its call. Of a
/// Series answer one frame is being sent and some (1 MiB, or one) wait: a slow reader stops the
/// pulling from the store.
///
///     auto server = mnemo::rpc::GrpcServer::start(store, {.address = ":10901"});
///     if (!server) return server.status();
///     (*server)->set_ready(true);
class GrpcServer {
 public:
  /// Listens at once, not ready. Errors: InvalidArgument (address, certificates), Unavailable (the
  /// address is in use or not ours).
  static Result<std::unique_ptr<GrpcServer>> start(std::shared_ptr<Store> store,
                                                   const GrpcServerOptions& options);

  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;
  ~GrpcServer();

  /// The port that it listens on.
  uint16_t port() const;

  /// Health answers SERVING and Info answers at all only while ready. Store calls are always
  /// answered.
  void set_ready(bool ready);

  /// Accepts no further calls, lets those under way finish for at most `grace`, cancels the rest,
  /// returns when all are done.
  void shutdown(std::chrono::milliseconds grace);

 private:
  struct State;
  explicit GrpcServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mnemo::rpc
