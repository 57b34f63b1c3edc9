// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "component.hpp"
#include "flags.hpp"
#include "process_metrics.hpp"

#include "api/probes.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "rpc/server.hpp"

#include <mnemo/status.hpp>
#include <mnemo/store.hpp>

#include <memory>

namespace mnemo::tools {

/// What a component serves over gRPC beside its store.
struct GrpcServices {
  std::vector<rpc::ServiceMethod> methods = {};
  rpc::EndpointApis apis = {};
};

/// The listeners of a component: HTTP with probes and metrics (and routes of its own), and gRPC for
/// its store. Both answer from the start; `/-/ready` and gRPC's health say no, and the HTTP API is
/// refused, until `set_ready`.
///
/// Ownership: keeps the store; `component` must outlive it.
class Serving {
 public:
  /// `routes` are what the component serves over HTTP beside probes and metrics.
  static Result<std::unique_ptr<Serving>> start(const Component& component,
                                                const CommonFlags& common,
                                                const GrpcServerFlags& grpc,
                                                std::shared_ptr<Store> store,
                                                HttpRouter routes = {}, GrpcServices services = {});
  ~Serving();
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

  void set_ready(bool ready);

  /// Lets requests under way end, as long as the flags grant.
  void stop();

 private:
  Serving(const Component& component, const CommonFlags& common, const GrpcServerFlags& grpc);
  Status listen_http(HttpRouter routes);
  Status listen_grpc(std::shared_ptr<Store> store, GrpcServices services);
  Gauge& status_of(const std::string& check);

  CommonFlags common_;
  GrpcServerFlags grpc_flags_;
  std::string component_name_;
  std::shared_ptr<Logger> logger_;
  std::shared_ptr<Metrics> metrics_;
  ProcessMetrics process_metrics_;
  api::Probe probe_;
  std::shared_ptr<Executor> http_executor_;
  std::shared_ptr<Executor> grpc_executor_;
  HttpRouter router_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
};

}  // namespace mnemo::tools
