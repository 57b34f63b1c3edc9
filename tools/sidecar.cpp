// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "component.hpp"
#include "flags.hpp"
#include "serving.hpp"

#include "base/duration.hpp"
#include "blocks/shipper.hpp"
#include "http/client.hpp"
#include "http/client_config.hpp"
#include "objstore/config.hpp"
#include "objstore/metrics_bucket.hpp"
#include "store/prometheus/prometheus_store.hpp"

namespace mnemo::tools {
namespace {

struct SidecarFlags {
  CommonFlags common;
  GrpcServerFlags grpc;
  ContentFlags objstore;
  ContentFlags http_client;
  std::string prometheus_url = "http://localhost:9090";
  int64_t ready_timeout_ms = 10 * 60'000;
  int64_t config_interval_ms = 30'000;
  int64_t config_timeout_ms = 30'000;
  std::string tsdb_path = "./data";
  std::string min_time = "0000-01-01T00:00:00Z";
  bool upload_compacted = false;
  bool ignore_unequal_block_size = false;
  bool allow_out_of_order_uploads = false;
  bool skip_corrupted_blocks = false;
  std::string hash_func;
  std::string meta_file_name = "thanos.shipper.json";

  void declare(CommandLine& line);
  void declare_known(CommandLine& line);
};

void SidecarFlags::declare(CommandLine& line) {
  common.declare(line);
  grpc.declare(line);
  line.text("prometheus.url", prometheus_url, "Where Prometheus' API is.");
  line.duration("prometheus.ready_timeout", ready_timeout_ms,
                "How long to wait for Prometheus at the start.");
  line.duration("prometheus.get_config_interval", config_interval_ms,
                "How often Prometheus' configuration is read (external labels).");
  line.duration("prometheus.get_config_timeout", config_timeout_ms, "How long that may take.");
  http_client.declare(line, "prometheus.http-client", "HTTP client's configuration");
  line.text("tsdb.path", tsdb_path, "Prometheus' data directory.");
  objstore.declare(line, "objstore.config", "object storage's configuration; none: no uploads");
  line.text("min-time", min_time, "Serve nothing older: RFC 3339, or relative to now (-2d).");
  line.boolean("shipper.upload-compacted", upload_compacted,
               "Ship compacted blocks too, for a migration. Needs Prometheus' compaction off.");
  line.choice("hash-func", hash_func, {"", "SHA256"},
              "Hash of each file, kept in meta.json; empty: none.");
  line.text("shipper.meta-file-name", meta_file_name,
            "File in the data directory that remembers what was shipped.");
  line.boolean("shipper.ignore-unequal-block-size", ignore_unequal_block_size,
               "Ship although Prometheus compacts its blocks. Some blocks may be missed.");
  line.boolean("shipper.allow-out-of-order-uploads", allow_out_of_order_uploads,
               "Go on with the next block where one can't be shipped.");
  line.boolean("shipper.skip-corrupted-blocks", skip_corrupted_blocks,
               "Go on when a block's meta.json can't be read.");
  declare_known(line);
}

void SidecarFlags::declare_known(CommandLine& line) {
  line.tolerate({"shipper.upload-concurrency", "reloader.watch-interval", "reloader.retry-interval",
                 "reloader.method", "reloader.process-name"});
  line.refuse({"store.limits.request-series", "store.limits.request-samples"},
              "the sidecar has no limits for requests; only 0 (none) is accepted", "0");
  line.refuse({"reloader.config-file", "reloader.config-envsubst-file", "reloader.rule-dir"},
              "the sidecar does not reload Prometheus' configuration");
}

constexpr int64_t kUploadIntervalMs = 30'000;
constexpr std::chrono::seconds kReadyInterval{1};

/// The sidecar of one Prometheus server: its store, its shipper, and what it knows of the server.
class Sidecar {
 public:
  Sidecar(const SidecarFlags& flags, Component& component)
      : flags_(flags),
        component_(component),
        up_(component.metrics()->gauge("thanos_sidecar_prometheus_up",
                                       "Boolean indicator whether the sidecar can reach its "
                                       "Prometheus peer.")),
        heartbeat_(
            component.metrics()->gauge("thanos_sidecar_last_heartbeat_success_time_seconds",
                                       "Timestamp of the last successful heartbeat in seconds.")) {}

  /// Checks the flags and makes what doesn't need the server.
  Status prepare();
  Status run();

 private:
  Status wait_for_prometheus(const Context& context);
  Status check_prometheus(const Context& context) const;
  Status refresh(const Context& context);
  Status ship(const Context& context);

  const SidecarFlags& flags_;
  Component& component_;
  Gauge& up_;
  Gauge& heartbeat_;
  std::shared_ptr<PrometheusApi> api_;
  std::shared_ptr<PrometheusStore> store_;
  std::unique_ptr<Shipper> shipper_;  // null: nothing is shipped
  std::unique_ptr<Serving> serving_;
};

Status Sidecar::prepare() {
  MNEMO_RETURN_IF_ERROR(
      parse_time_or_duration(flags_.min_time, now_ms()).status().with_context("--min-time"));
  HttpClientOptions client;
  if (flags_.http_client.given()) {
    MNEMO_TRY(auto yaml, flags_.http_client.read("prometheus.http-client"));
    MNEMO_TRY(client, parse_http_client_config(yaml).with_context("--prometheus.http-client"));
  }
  MNEMO_TRY(auto http, HttpClient::make(client));
  api_ = std::make_shared<PrometheusApi>(std::move(http), flags_.prometheus_url);
  PrometheusStoreOptions options;
  options.metrics = component_.metrics();
  options.min_time = [this] { return *parse_time_or_duration(flags_.min_time, now_ms()); };
  store_ = std::make_shared<PrometheusStore>(api_, options);
  if (!flags_.objstore.given()) {
    component_.logger()->info("no object storage configured, blocks are not shipped");
    return {};
  }
  MNEMO_TRY(auto config, flags_.objstore.read("objstore.config"));
  MNEMO_TRY(auto bare, make_bucket_from_config(config, component_.bucket_environment())
                           .with_context("--objstore.config"));
  ShipperOptions shipping;
  shipping.data_dir = flags_.tsdb_path;
  shipping.external_labels = [this] { return store_->external_labels(); };
  shipping.meta_file_name = flags_.meta_file_name;
  shipping.hash = flags_.hash_func.empty() ? FileHash::kNone : FileHash::kSha256;
  shipping.upload_compacted = flags_.upload_compacted;
  shipping.allow_out_of_order_uploads = flags_.allow_out_of_order_uploads;
  shipping.skip_corrupted_blocks = flags_.skip_corrupted_blocks;
  shipping.executor = component_.executor();
  shipping.metrics = component_.metrics().get();
  shipping.logger = component_.logger();
  shipper_ = std::make_unique<Shipper>(make_metrics_bucket(std::move(bare), *component_.metrics()),
                                       std::move(shipping));
  return {};
}

Status Sidecar::run() {
  MNEMO_TRY(serving_, Serving::start(component_, flags_.common, flags_.grpc, store_));
  auto context = component_.context();
  auto ready = wait_for_prometheus(context);
  if (ready.ok()) ready = check_prometheus(context);
  if (ready.ok()) {
    component_.every(flags_.config_interval_ms, "reading Prometheus' configuration",
                     [this](const Context& round) { return refresh(round); });
    if (shipper_) {
      component_.every(kUploadIntervalMs, "shipping blocks",
                       [this](const Context& round) { return ship(round); });
    }
    component_.wait();
  }
  serving_->stop();
  return context.stopped() ? Status() : ready;
}

/// Waits until the server is ready and has told its external labels.
Status Sidecar::wait_for_prometheus(const Context& context) {
  auto waiting = context.with_timeout(std::chrono::milliseconds(flags_.ready_timeout_ms));
  for (;;) {
    auto status = api_->ready(waiting);
    if (status.ok()) status = refresh(waiting);
    if (status.ok() || context.stopped()) return context.check();
    component_.logger()->warn("Prometheus is not ready yet", {{"err", status.message()}});
    if (!waiting.sleep_for(kReadyInterval).ok()) {
      return std::move(status).with_context("waited " +
                                            format_duration_ms(flags_.ready_timeout_ms) +
                                            " for Prometheus at " + flags_.prometheus_url);
    }
  }
}

/// Whether the server is set up so that its blocks can be shipped.
Status Sidecar::check_prometheus(const Context& context) const {
  if (!shipper_) return {};
  if (store_->external_labels().empty()) {
    return Status::failed_precondition(
        "no external labels configured on Prometheus server, uniquely identifying external labels "
        "must be configured (global.external_labels in its configuration file)");
  }
  MNEMO_TRY(auto server, api_->flags(context));
  if (server.min_block_duration == server.max_block_duration) return {};
  auto found = "found that TSDB Max time is " + format_duration_ms(server.max_block_duration) +
               " and Min time is " + format_duration_ms(server.min_block_duration) +
               ". Compaction needs to be disabled (storage.tsdb.min-block-duration = "
               "storage.tsdb.max-block-duration)";
  if (!flags_.ignore_unequal_block_size) return Status::failed_precondition(found);
  component_.logger()->warn(found);
  return {};
}

Status Sidecar::refresh(const Context& context) {
  auto status =
      store_->refresh(context.with_timeout(std::chrono::milliseconds(flags_.config_timeout_ms)));
  up_.set(status.ok() ? 1 : 0);
  if (status.ok()) heartbeat_.set(static_cast<double>(now_ms()) / 1000);
  serving_->set_ready(status.ok());
  return status;
}

Status Sidecar::ship(const Context& context) {
  auto shipped = shipper_->sync(context);
  if (shipped.uploaded > 0) {
    component_.logger()->info("shipped blocks", {{"count", std::to_string(shipped.uploaded)}});
  }
  return shipped.status;
}

Status run(const SidecarFlags& flags, const CommandLine& line) {
  Component component("sidecar", flags.common);
  component.warn(line.warnings());
  Sidecar sidecar(flags, component);
  MNEMO_RETURN_IF_ERROR(sidecar.prepare());
  return sidecar.run();
}

}  // namespace

int run_sidecar(const std::vector<std::string>& arguments) {
  SidecarFlags flags;
  CommandLine line("sidecar",
                   "Ships a Prometheus' blocks to a bucket and serves its data over gRPC.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  if (auto status = run(flags, line); !status.ok()) return report("sidecar", status);
  return kDone;
}

}  // namespace mnemo::tools
