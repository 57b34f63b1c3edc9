// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "component.hpp"
#include "flags.hpp"
#include "serving.hpp"

#include "base/duration.hpp"
#include "blocks/shipper.hpp"
#include "http/client.hpp"
#include "http/client_config.hpp"
#include "rpc/prometheus_services.hpp"
#include "store/limited_store.hpp"
#include "store/prometheus/config_reloader.hpp"
#include "store/prometheus/head_flush.hpp"
#include "store/prometheus/prometheus_store.hpp"
#include "store/prometheus/reload_trigger.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <thread>

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
  bool flush_on_shutdown = false;
  uint64_t upload_concurrency = 0;
  std::string hash_func;
  std::string meta_file_name = "thanos.shipper.json";
  std::string reloader_config_file;
  std::string reloader_output_file;
  std::vector<std::string> reloader_rule_dirs;
  int64_t reloader_watch_interval_ms = 3 * 60'000;
  int64_t reloader_retry_interval_ms = 5'000;
  std::string reloader_method = "http";
  std::string reloader_process_name = "prometheus";
  StoreLimits limits;

  void declare(CommandLine& line);
  void declare_shipper(CommandLine& line);
  void declare_reloader(CommandLine& line);
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
  line.number("store.limits.request-series", limits.series,
              "Most series that one Series call may answer; 0: no limit.");
  line.number("store.limits.request-samples", limits.samples,
              "Most samples that one Series call may answer, counted as 120 a chunk; 0: no limit.");
  declare_shipper(line);
  declare_reloader(line);
}

void SidecarFlags::declare_shipper(CommandLine& line) {
  line.boolean("shipper.upload-compacted", upload_compacted,
               "Ship compacted blocks too, for a migration. Needs Prometheus' compaction off.");
  line.number("shipper.upload-concurrency", upload_concurrency,
              "Files of a block that are uploaded at a time; 0: one.");
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
  line.boolean("shipper.flush-on-shutdown", flush_on_shutdown,
               "Ship what is in no block yet too when told to end, for scaling down: takes a "
               "snapshot, which needs Prometheus to run still, with --web.enable-admin-api.");
}

void SidecarFlags::declare_reloader(CommandLine& line) {
  line.text("reloader.config-file", reloader_config_file,
            "Prometheus' configuration to watch; may be gzipped.");
  line.text("reloader.config-envsubst-file", reloader_output_file,
            "Where to write it with $(NAME) replaced by environment variables.");
  line.texts("reloader.rule-dir", reloader_rule_dirs, "Folder with rules to watch.");
  line.duration("reloader.watch-interval", reloader_watch_interval_ms,
                "How often all of them are read again, changed or not; 0: written once, not "
                "watched.");
  line.duration("reloader.retry-interval", reloader_retry_interval_ms,
                "How long to wait before a failed reload is tried again.");
  line.choice("reloader.method", reloader_method, {"http", "signal"},
              "How Prometheus is made to reload.");
  line.text("reloader.process-name", reloader_process_name,
            "Executable that the signal method looks for.");
}

/// As `/a/./b` and `/a/b/` are written alike.
std::string clean_path(const std::string& path) {
  auto clean = std::filesystem::path(path).lexically_normal().string();
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  return clean;
}

constexpr int64_t kUploadIntervalMs = 30'000;
constexpr std::chrono::seconds kReadyInterval{1};
constexpr std::chrono::minutes kFlushTimeout{10};
constexpr int64_t kTwoHoursMs = 2 * 3'600'000;

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
  Status prepare_shipping();
  void prepare_reloader();
  Status check_prometheus(const Context& context) const;
  Status check_block_durations(const PrometheusFlags& server) const;
  Status refresh(const Context& context);
  Status ship(const Context& context);
  Status flush();

  const SidecarFlags& flags_;
  Component& component_;
  Gauge& up_;
  Gauge& heartbeat_;
  std::shared_ptr<PrometheusApi> api_;
  std::shared_ptr<PrometheusStore> store_;
  std::shared_ptr<Bucket> bucket_;
  ShipperOptions shipping_;
  std::unique_ptr<Shipper> shipper_;  // null: nothing is shipped
  std::unique_ptr<ConfigReloader> reloader_;
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
  prepare_reloader();
  if (flags_.objstore.given()) return prepare_shipping();
  if (flags_.flush_on_shutdown) {
    return Status::invalid_argument("--shipper.flush-on-shutdown needs --objstore.config(-file)");
  }
  component_.logger()->info("no object storage configured, blocks are not shipped");
  return {};
}

Status Sidecar::prepare_shipping() {
  MNEMO_TRY(auto config, flags_.objstore.read("objstore.config"));
  MNEMO_TRY(bucket_, component_.open_bucket(config));
  shipping_.data_dir = flags_.tsdb_path;
  shipping_.external_labels = [this] { return store_->external_labels(); };
  shipping_.meta_file_name = flags_.meta_file_name;
  shipping_.hash = flags_.hash_func.empty() ? FileHash::kNone : FileHash::kSha256;
  shipping_.upload_compacted = flags_.upload_compacted;
  shipping_.allow_out_of_order_uploads = flags_.allow_out_of_order_uploads;
  shipping_.skip_corrupted_blocks = flags_.skip_corrupted_blocks;
  shipping_.executor = component_.executor();
  shipping_.upload_concurrency = std::max<size_t>(flags_.upload_concurrency, 1);
  shipping_.metrics = component_.metrics().get();
  shipping_.logger = component_.logger();
  shipper_ = std::make_unique<Shipper>(bucket_, shipping_);
  std::error_code error;
  if (!std::filesystem::is_directory(shipping_.data_dir / "wal", error)) {
    component_.logger()->warn("no WAL dir found; is this Prometheus' data directory?",
                              {{"dir", flags_.tsdb_path}});
  }
  return {};
}

void Sidecar::prepare_reloader() {
  ConfigReloaderOptions options;
  options.config_file = flags_.reloader_config_file;
  options.output_file = flags_.reloader_output_file;
  options.rule_dirs = flags_.reloader_rule_dirs;
  options.watch_interval = std::chrono::milliseconds(flags_.reloader_watch_interval_ms);
  options.retry_interval = std::chrono::milliseconds(flags_.reloader_retry_interval_ms);
  options.method = flags_.reloader_method;
  options.reload = [this](const Context& context) {
    return flags_.reloader_method == "signal"
               ? reload_by_signal(context, *api_, flags_.reloader_process_name)
               : reload_by_http(context, *api_);
  };
  options.metrics = component_.metrics().get();
  options.logger = component_.logger();
  reloader_ = std::make_unique<ConfigReloader>(std::move(options));
}

Status Sidecar::run() {
  // Prometheus may be waiting for this file to start.
  MNEMO_RETURN_IF_ERROR(reloader_->write_output().with_context("--reloader.config-file"));
  auto limited = make_limited_store(store_, flags_.limits, component_.metrics());
  GrpcServices services;
  services.methods = rpc::prometheus_services(api_, [this] { return store_->external_labels(); });
  services.apis = {true, true, true, true, true};
  MNEMO_TRY(serving_, Serving::start(component_, flags_.common, flags_.grpc, std::move(limited), {},
                                     std::move(services)));
  auto context = component_.context();
  std::jthread reloading([this, context] { reloader_->run(context); });
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
    ready = flags_.flush_on_shutdown ? flush() : Status();
  } else if (context.stopped()) {
    ready = Status();
  }
  component_.stop();
  serving_->stop();
  return ready;
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

/// Whether the server is set up so that its data can be told apart and its blocks be shipped.
Status Sidecar::check_prometheus(const Context& context) const {
  if (store_->external_labels().empty()) {
    return Status::failed_precondition(
        "no external labels configured on Prometheus server, uniquely identifying external labels "
        "must be configured (global.external_labels in its configuration file)");
  }
  if (!shipper_) return {};
  auto found = api_->flags(context);
  if (found.status().code() == Code::kNotFound) {
    component_.logger()->warn("Prometheus doesn't tell its flags, which are not checked");
    return {};
  }
  if (!found) return std::move(found).status();
  MNEMO_RETURN_IF_ERROR(check_block_durations(*found));
  if (flags_.flush_on_shutdown && !found->admin_api) {
    return Status::failed_precondition(
        "--shipper.flush-on-shutdown takes a snapshot, for which Prometheus needs "
        "--web.enable-admin-api");
  }
  return {};
}

Status Sidecar::check_block_durations(const PrometheusFlags& server) const {
  if (!server.delay_compact_file.empty()) {
    auto ours = clean_path(flags_.tsdb_path + "/" + flags_.meta_file_name);
    if (clean_path(server.delay_compact_file) != ours) {
      return Status::failed_precondition(
          "found that Prometheus and Thanos use different paths for tracking block uploads. "
          "Prometheus uses --storage.tsdb.delay-compact-file.path=" +
          server.delay_compact_file + " while Thanos will write to " + ours +
          ", they must both use the same path.");
    }
  }
  auto shortest = format_duration_ms(server.min_block_duration);
  if (server.min_block_duration != server.max_block_duration && server.delay_compact_file.empty()) {
    auto found = "found that TSDB Max time is " + format_duration_ms(server.max_block_duration) +
                 " and Min time is " + shortest +
                 ". Compaction needs to be disabled (storage.tsdb.min-block-duration = "
                 "storage.tsdb.max-block-duration)";
    if (!flags_.ignore_unequal_block_size) return Status::failed_precondition(found);
    component_.logger()->warn(
        "flag to ignore Prometheus min/max block duration flags differing is being used. If the "
        "upload of a 2h block fails and a Prometheus compaction happens that block may be missing "
        "from your Thanos bucket storage.");
  }
  if (server.min_block_duration != kTwoHoursMs) {
    component_.logger()->warn(
        "found that TSDB block time is not 2h. Only 2h block time is recommended.",
        {{"block-time", shortest}});
  }
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

/// Ships all that Prometheus holds, once the regular rounds have ended.
Status Sidecar::flush() {
  auto context = Context().with_timeout(kFlushTimeout);
  component_.logger()->info("shipping what is in no block yet");
  auto blocks = shipper_->sync(context);
  auto head = flush_head(context, *api_, bucket_, shipping_);
  auto status = head.status.ok() ? blocks.status : head.status;
  if (!status.ok()) return std::move(status).with_context("--shipper.flush-on-shutdown");
  component_.logger()->info("shipped blocks",
                            {{"count", std::to_string(blocks.uploaded + head.uploaded)}});
  return {};
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
