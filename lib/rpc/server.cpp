// SPDX-License-Identifier: Apache-2.0
#include "rpc/server.hpp"

#include "base/listen_address.hpp"
#include "rpc/answers.hpp"
#include "rpc/credentials.hpp"
#include "rpc/server_call.hpp"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>

namespace mnemo::rpc {
namespace {

/// Calls block on stores, so there are more threads than processors.
constexpr size_t kOwnPoolThreads = 16;

struct Method {
  std::function<std::unique_ptr<Answer>()> answer;
  std::unique_ptr<CallMetrics> metrics;
};

class RefusedCall final : public grpc::ServerGenericBidiReactor {
 public:
  explicit RefusedCall(const std::string& method) {
    Finish({grpc::StatusCode::UNIMPLEMENTED, "unknown method " + method});
  }
  void OnDone() override { delete this; }
};

/// All services of the server, by method path.
class Services final : public grpc::CallbackGenericService {
 public:
  Services(const std::shared_ptr<Store>& store, const GrpcServerOptions& options)
      : executor_(options.executor) {
    if (!executor_) executor_ = make_thread_pool(kOwnPoolThreads);
    auto ready = [this] { return ready_.load(); };
    add("/thanos.Store/Series", "server_stream", options.metrics,
        [store] { return make_series_answer(store); });
    add_unary("/thanos.Store/LabelNames", options.metrics, label_names_method(store));
    add_unary("/thanos.Store/LabelValues", options.metrics, label_values_method(store));
    add_unary("/thanos.info.Info/Info", options.metrics, info_method(store, ready));
    add_unary("/grpc.health.v1.Health/Check", options.metrics, health_method(ready));
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    auto found = methods_.find(context->method());
    if (found == methods_.end()) return new RefusedCall(context->method());
    return new ServerCall(*context, found->second.answer(), executor_, *found->second.metrics);
  }

  void set_ready(bool ready) { ready_ = ready; }

 private:
  void add(const std::string& path, const std::string& type, std::shared_ptr<Metrics> metrics,
           std::function<std::unique_ptr<Answer>()> answer) {
    auto& method = methods_[path];
    method.answer = std::move(answer);
    method.metrics =
        std::make_unique<CallMetrics>(std::move(metrics), CallSide::kServer, path, type);
  }

  void add_unary(const std::string& path, std::shared_ptr<Metrics> metrics, UnaryMethod method) {
    add(path, "unary", std::move(metrics),
        [method = std::move(method)] { return make_unary_answer(method); });
  }

  std::shared_ptr<Executor> executor_;
  std::map<std::string, Method> methods_;
  std::atomic<bool> ready_{false};
};

int to_int(int64_t value) {
  return static_cast<int>(std::clamp<int64_t>(value, 0, std::numeric_limits<int>::max()));
}

void set_arguments(grpc::ServerBuilder& builder, const GrpcServerOptions& options) {
  builder.SetMaxReceiveMessageSize(to_int(static_cast<int64_t>(options.max_request_bytes)));
  builder.SetMaxSendMessageSize(-1);
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

}  // namespace

struct GrpcServer::State {
  State(const std::shared_ptr<Store>& store, const GrpcServerOptions& options)
      : services(store, options) {}

  Services services;
  std::shared_ptr<grpc::ServerCredentials> credentials;
  std::unique_ptr<grpc::Server> server;
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
  builder.RegisterCallbackGenericService(&state->services);
  state->server = builder.BuildAndStart();
  if (!state->server || state->port == 0) {
    return Status::unavailable("listen gRPC on " + options.address + ": not possible");
  }
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(state)));
}

GrpcServer::GrpcServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

GrpcServer::~GrpcServer() { shutdown(std::chrono::milliseconds(0)); }

uint16_t GrpcServer::port() const { return static_cast<uint16_t>(state_->port); }

void GrpcServer::set_ready(bool ready) { state_->services.set_ready(ready); }

void GrpcServer::shutdown(std::chrono::milliseconds grace) {
  set_ready(false);
  state_->server->Shutdown(std::chrono::system_clock::now() + grace);
}

}  // namespace mnemo::rpc
