// SPDX-License-Identifier: Apache-2.0
#include "serving.hpp"

#include "grpc_log.hpp"
#include "tls_policy.hpp"

namespace mnemo::tools {
namespace {

// Handlers wait for stores most of the time; a pool of their own can't starve what they wait for.
constexpr size_t kHandlerThreads = 64;
constexpr size_t kHttpInputThreads = 2;

constexpr char kNotReady[] =
    R"({"status":"error","errorType":"unavailable","error":"not ready yet, see /-/ready"})";

std::optional<rpc::TlsServerOptions> tls_options(const GrpcServerFlags& flags) {
  if (flags.tls_cert.empty() && flags.tls_key.empty()) return std::nullopt;
  return rpc::TlsServerOptions{flags.tls_cert, flags.tls_key, flags.tls_client_ca};
}

Status check_tls(const GrpcServerFlags& flags) {
  if (flags.tls_cert.empty() != flags.tls_key.empty()) {
    return Status::invalid_argument(
        "--grpc-server-tls-cert and --grpc-server-tls-key go together: both or neither");
  }
  if (flags.tls_cert.empty() && !flags.tls_client_ca.empty()) {
    return Status::invalid_argument(
        "--grpc-server-tls-client-ca needs --grpc-server-tls-cert and --grpc-server-tls-key");
  }
  if (flags.tls_cert.empty()) return {};
  MNEMO_RETURN_IF_ERROR(
      demand_ciphers(flags.tls_ciphers).with_context("--grpc-server-tls-ciphers"));
  return demand_tls_version(flags.tls_min_version);
}

}  // namespace

Serving::Serving(const Component& component, const CommonFlags& common, const GrpcServerFlags& grpc)
    : common_(common),
      grpc_flags_(grpc),
      component_name_(component.name()),
      logger_(component.logger()),
      metrics_(component.metrics()),
      process_metrics_(*metrics_),
      http_executor_(make_thread_pool(kHandlerThreads)),
      grpc_executor_(make_thread_pool(kHandlerThreads)) {}

Result<std::unique_ptr<Serving>> Serving::start(const Component& component,
                                                const CommonFlags& common,
                                                const GrpcServerFlags& grpc,
                                                std::shared_ptr<Store> store, HttpRouter routes,
                                                GrpcServices services) {
  MNEMO_RETURN_IF_ERROR(check_tls(grpc));
  log_grpc_errors(component.logger());
  std::unique_ptr<Serving> serving(new Serving(component, common, grpc));
  MNEMO_RETURN_IF_ERROR(serving->listen_http(std::move(routes)));
  MNEMO_RETURN_IF_ERROR(
      serving->listen_grpc(std::move(store), std::move(services)).with_context("gRPC server"));
  serving->set_ready(false);
  return serving;
}

Serving::~Serving() = default;

Status Serving::listen_http(HttpRouter routes) {
  router_ = std::move(routes);
  api::add_probe_routes(router_, probe_, *metrics_, [this] { process_metrics_.update(); });
  HttpServerOptions options;
  options.address = common_.http_address;
  options.executor = http_executor_;
  options.logger = logger_;
  if (!common_.http_config.empty()) {
    MNEMO_TRY(options.access,
              WebAccess::open(common_.http_config, logger_).with_context("--http.config"));
  }
  auto answer = [this](const Context& context, ServerRequest& request) {
    // An answer without what isn't known yet would be taken for a whole one, and cached.
    bool is_early = !probe_.is_ready() && request.path.starts_with("/api/");
    return is_early ? ServerResponse::json(503, kNotReady) : router_.route(context, request);
  };
  MNEMO_TRY(http_, HttpServer::listen(options, answer).with_context("--http-address"));
  http_->start(kHttpInputThreads);
  logger_->info("listening for HTTP", {{"address", http_->address()}});
  return {};
}

Status Serving::listen_grpc(std::shared_ptr<Store> store, GrpcServices services) {
  rpc::GrpcServerOptions options;
  options.address = grpc_flags_.address;
  options.tls = tls_options(grpc_flags_);
  options.max_connection_age = std::chrono::milliseconds(grpc_flags_.max_connection_age_ms);
  options.executor = grpc_executor_;
  options.services = std::move(services.methods);
  options.apis = services.apis;
  options.metrics = metrics_;
  options.logger = logger_;
  MNEMO_TRY(grpc_, rpc::GrpcServer::start(std::move(store), options));
  logger_->info("listening for gRPC",
                {{"address", grpc_flags_.address}, {"port", std::to_string(grpc_->port())}});
  return {};
}

void Serving::set_ready(bool ready) {
  status_of("ready").set(ready ? 1 : 0);
  status_of("healthy").set(1);
  if (probe_.is_ready() == ready) return;
  probe_.set_ready(ready);
  grpc_->set_ready(ready);
  logger_->info(ready ? "ready" : "not ready");
}

Gauge& Serving::status_of(const std::string& check) {
  return metrics_->gauge(
      "thanos_status",
      "Represents status (0 indicates failure, 1 indicates success) of the component.",
      {{"check", check}, {"component", component_name_}});
}

void Serving::stop() {
  set_ready(false);
  grpc_->shutdown(std::chrono::milliseconds(grpc_flags_.grace_ms));
  http_->stop(std::chrono::milliseconds(common_.http_grace_ms));
}

}  // namespace mnemo::tools
