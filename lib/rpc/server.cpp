// SPDX-License-Identifier: Apache-2.0
#include "rpc/server.hpp"

#include "base/listen_address.hpp"
#include "rpc/answers.hpp"
#include "rpc/completion_thread.hpp"
#include "rpc/credentials.hpp"
#include "rpc/server_call.hpp"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <thread>

namespace mnemo::rpc {
namespace {

/// Calls block on stores, so there are more threads than processors.
constexpr size_t kOwnPoolThreads = 16;
/// Threads that read and write; each serves several hundred MB/s.
constexpr unsigned kMostCompletionThreads = 4;
/// What gRPC puts together where more messages wait; every write wakes the client.
constexpr int kWriteBufferBytes = 256 << 10;

using Methods = std::map<std::string, ServerMethod>;

void add(Methods& methods, const std::string& path, const std::string& type,
         std::shared_ptr<Metrics> metrics, std::function<std::unique_ptr<Answer>()> answer) {
  auto& method = methods[path];
  method.answer = std::move(answer);
  method.metrics = std::make_unique<CallMetrics>(std::move(metrics), CallSide::kServer, path, type);
}

void add_unary(Methods& methods, const std::string& path, std::shared_ptr<Metrics> metrics,
               UnaryMethod method) {
  add(methods, path, "unary", std::move(metrics),
      [method = std::move(method)] { return make_unary_answer(method); });
}

/// All services of the server, by method path.
Methods all_methods(const std::shared_ptr<Store>& store, const GrpcServerOptions& options,
                    const std::function<bool()>& ready) {
  Methods methods;
  const auto& metrics = options.metrics;
  add(methods, "/thanos.Store/Series", "server_stream", metrics,
      [store] { return make_series_answer(store); });
  add_unary(methods, "/thanos.Store/LabelNames", metrics, label_names_method(store));
  add_unary(methods, "/thanos.Store/LabelValues", metrics, label_values_method(store));
  add_unary(methods, "/thanos.info.Info/Info", metrics, info_method(store, ready, options.apis));
  for (const auto& [path, method] : options.services) {
    add(methods, path, "server_stream", metrics,
        [method = method] { return make_list_answer(method); });
  }
  add_unary(methods, "/grpc.health.v1.Health/Check", metrics, health_method(ready));
  return methods;
}

int to_int(int64_t value) {
  return static_cast<int>(std::clamp<int64_t>(value, 0, std::numeric_limits<int>::max()));
}

void set_arguments(grpc::ServerBuilder& builder, const GrpcServerOptions& options) {
  builder.SetMaxReceiveMessageSize(to_int(static_cast<int64_t>(options.max_request_bytes)));
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kWriteBufferBytes);
  // Two servers on one port would share its connections at random.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             to_int(options.min_ping_interval.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  if (options.max_connection_age.count() > 0) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               to_int(options.max_connection_age.count()));
  }
}

using Queues = std::vector<std::unique_ptr<grpc::ServerCompletionQueue>>;

/// The queues on which calls will complete. REQUIRES: the server is not built yet.
Queues add_queues(grpc::ServerBuilder& builder) {
  auto count = std::clamp(std::thread::hardware_concurrency() / 2, 1U, kMostCompletionThreads);
  Queues queues;
  for (unsigned i = 0; i < count; ++i) queues.push_back(builder.AddCompletionQueue());
  return queues;
}

}  // namespace

struct GrpcServer::State {
  State(const std::shared_ptr<Store>& store, const GrpcServerOptions& options)
      : calls(all_methods(store, options, [this] { return ready.load(); }),
              options.executor ? options.executor : make_thread_pool(kOwnPoolThreads)) {}

  void accept_calls(Queues queues) {
    for (auto& queue : queues) {
      auto& thread = threads.emplace_back(std::make_unique<CompletionThread>(std::move(queue)));
      calls.accept(thread->queue());
    }
  }

  std::atomic<bool> ready{false};
  ServerCalls calls;
  std::shared_ptr<grpc::ServerCredentials> credentials;
  std::unique_ptr<grpc::Server> server;
  std::vector<std::unique_ptr<CompletionThread>> threads;
  int port = 0;
};

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(std::shared_ptr<Store> store,
                                                      const GrpcServerOptions& options) {
  MNEMO_TRY(auto address, parse_listen_address(options.address));
  MNEMO_TRY(auto credentials, make_server_credentials(options.tls, options.logger));
  // Tried before gRPC does, which says why only in its own log.
  MNEMO_RETURN_IF_ERROR(probe_listen(address).with_context("listen gRPC on " + options.address));
  auto state = std::make_unique<State>(store, options);
  state->credentials = credentials;
  // Without a host: all interfaces; gRPC falls back to IPv4 where there is no IPv6.
  auto bound = join_host_port(address.host.empty() ? "::" : address.host, address.port);
  grpc::ServerBuilder builder;
  set_arguments(builder, options);
  builder.AddListeningPort(bound, credentials, &state->port);
  builder.RegisterAsyncGenericService(&state->calls.service());
  auto queues = add_queues(builder);
  state->server = builder.BuildAndStart();
  if (state->server) state->accept_calls(std::move(queues));
  std::unique_ptr<GrpcServer> server(new GrpcServer(std::move(state)));
  if (server->port() == 0) {
    return Status::unavailable("listen gRPC on " + options.address + ": not possible");
  }
  return server;
}

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

GrpcServer::~GrpcServer() { shutdown(std::chrono::milliseconds(0)); }

uint16_t GrpcServer::port() const { return static_cast<uint16_t>(state_->port); }

void GrpcServer::set_ready(bool ready) { state_->ready = ready; }

void GrpcServer::shutdown(std::chrono::milliseconds grace) {
  set_ready(false);
  if (!state_->server) return;
  state_->server->Shutdown(std::chrono::system_clock::now() + grace);
  state_->calls.wait_until_done();
}

}  // namespace mnemo::rpc
