// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "component.hpp"
#include "flags.hpp"
#include "serving.hpp"
#include "tls_policy.hpp"
#include "version.hpp"

#include "api/query_api.hpp"
#include "discovery/target_source.hpp"
#include "http/pem_files.hpp"
#include "query/active_queries.hpp"
#include "rpc/endpoint_set.hpp"
#include "store/fanout/fanout_store.hpp"
#include "store/limited_store.hpp"

#include <mnemo/promql.hpp>

#include <algorithm>
#include <chrono>

namespace mnemo::tools {
namespace {

struct QueryFlags {
  CommonFlags common;
  GrpcServerFlags grpc;
  bool client_tls_secure = false;
  bool client_tls_skip_verify = false;
  std::string client_tls_cert;
  std::string client_tls_key;
  std::string client_tls_ca;
  std::string client_server_name;
  std::string client_tls_min_version = "1.3";
  std::vector<std::string> endpoints;
  std::vector<std::string> strict_endpoints;
  std::vector<std::string> sd_files;
  int64_t sd_file_interval_ms = 5 * 60'000;
  int64_t sd_dns_interval_ms = 30'000;
  int64_t unhealthy_timeout_ms = 5 * 60'000;
  int64_t info_timeout_ms = 5'000;
  int64_t response_timeout_ms = 0;
  std::vector<std::string> replica_labels;
  bool partial_response = true;
  bool auto_downsampling = false;
  bool dynamic_lookback_delta = true;
  bool disable_cors = false;
  int64_t timeout_ms = 120'000;
  uint64_t max_concurrent = 20;
  int64_t lookback_delta_ms = 5 * 60'000;
  int64_t default_evaluation_interval_ms = 60'000;
  int64_t default_step_ms = 1'000;
  int64_t metadata_default_time_range_ms = 0;
  int64_t instant_max_source_resolution_ms = 0;
  bool enable_x_functions = false;
  std::vector<std::string> features;
  std::string active_query_path;
  StoreLimits limits;

  void declare(CommandLine& line);
  void declare_client(CommandLine& line);
  void declare_known(CommandLine& line);
};

void QueryFlags::declare(CommandLine& line) {
  common.declare(line);
  grpc.declare(line);
  declare_client(line);
  line.texts("query.replica-label", replica_labels,
             "Label that tells replicas apart; they are merged along it. May be a list a,b.");
  line.boolean("query.partial-response", partial_response,
               "Answer with a warning when a store fails, unless the request says otherwise.");
  line.boolean(
      "query.auto-downsampling", auto_downsampling,
      "Read downsampled data where step / 5 allows it, unless the request says otherwise.");
  line.boolean("query.dynamic-lookback-delta", dynamic_lookback_delta,
               "Look back as far as the resolution of downsampled data.");
  line.boolean("web.disable-cors", disable_cors, "Don't allow other sites' pages to ask the API.");
  line.duration("query.timeout", timeout_ms, "Longest time for a query.");
  line.number("query.max-concurrent", max_concurrent, "Queries at the same time; others wait.");
  line.text("query.active-query-path", active_query_path,
            "Folder for the file queries.active, which tells after a crash what was being "
            "evaluated; empty: none.");
  line.duration("query.lookback-delta", lookback_delta_ms,
                "How far back a sample still counts as current.");
  line.duration("query.default-evaluation-interval", default_evaluation_interval_ms,
                "Step of subqueries that name none.");
  line.duration("query.default-step", default_step_ms, "Step of range queries that name none.");
  line.duration("query.metadata.default-time-range", metadata_default_time_range_ms,
                "How far back label and series requests without a range look; 0: all time.");
  line.duration("query.instant.default.max_source_resolution", instant_max_source_resolution_ms,
                "max_source_resolution of instant queries that name none.");
  line.texts("enable-feature", features,
             "Features: promql-experimental-functions, promql-delayed-name-removal, "
             "type-and-unit-labels, promql-at-modifier, promql-negative-offset (the last two are "
             "always on). May be a list a,b.");
  line.boolean("query.enable-x-functions", enable_x_functions,
               "Allow xrate, xincrease and xdelta.");
  declare_known(line);
}

void QueryFlags::declare_client(CommandLine& line) {
  line.texts("endpoint", endpoints,
             "Address of a StoreAPI server, host:port, or dns+host:port, dnssrv+name.");
  line.texts("endpoint-strict", strict_endpoints,
             "The same; asked even when it does not answer health checks.");
  line.texts("store.sd-files", sd_files, "File (or pattern) with addresses of StoreAPI servers.");
  line.duration("store.sd-interval", sd_file_interval_ms, "How often these files are read again.");
  line.duration("store.sd-dns-interval", sd_dns_interval_ms,
                "How often names are looked up again.");
  line.duration("store.unhealthy-timeout", unhealthy_timeout_ms,
                "When an endpoint that does not answer is no longer listed.");
  line.duration("endpoint.info-timeout", info_timeout_ms,
                "How long an endpoint may take to say what it has.");
  line.duration("store.response-timeout", response_timeout_ms,
                "How long a store may send nothing before it counts as failed; 0: no limit.");
  line.boolean("grpc-client-tls-secure", client_tls_secure, "Use TLS towards the endpoints.");
  line.boolean("grpc-client-tls-skip-verify", client_tls_skip_verify,
               "Don't verify their certificates.");
  line.text("grpc-client-tls-cert", client_tls_cert, "Client certificate to show.");
  line.text("grpc-client-tls-key", client_tls_key, "Its private key.");
  line.text("grpc-client-tls-ca", client_tls_ca,
            "CA that servers' certificates must be signed by; empty: the system's.");
  line.number("store.limits.request-series", limits.series,
              "Most series that one Series call over gRPC may answer; 0: no limit.");
  line.number("store.limits.request-samples", limits.samples,
              "Most samples that one Series call over gRPC may answer, counted as 120 a chunk; 0: "
              "no limit.");
  line.text("grpc-client-server-name", client_server_name,
            "Name that servers' certificates must have, instead of their address.");
  line.choice("grpc-client-tls-min-version", client_tls_min_version, {"1.2", "1.3"},
              "Least TLS version towards the endpoints.");
}

void QueryFlags::declare_known(CommandLine& line) {
  line.tolerate({"query.promql-engine", "query.max-concurrent-select", "query.conn-metric.label",
                 "alert.query-url", "query.telemetry.request-duration-seconds-quantiles",
                 "query.telemetry.request-samples-quantiles",
                 "query.telemetry.request-series-seconds-quantiles", "grpc.proxy-strategy",
                 "store.sd-dns-resolver", "query.lazy-retrieval-max-buffered-responses",
                 "query.tenant-header", "query.default-tenant-id", "query.tenant-label-name",
                 "endpoint.sd-config-reload-interval", "web.external-prefix", "web.prefix-header"});
  line.tolerate_switches({"query.disable-fallback", "exemplar.partial-response",
                          "metric-metadata.partial-response", "rule.partial-response",
                          "status.partial-response", "target.partial-response",
                          "query.distributed-with-overlapping-interval"});
  line.refuse({"deduplication.func"}, "replicas are merged by penalty", "penalty");
  line.refuse({"query.mode"}, "queries are evaluated here", "local");
  line.refuse({"grpc-compression"}, "gRPC calls are not compressed", "none");
  line.refuse({"selector.relabel-config", "selector.relabel-config-file", "selector-label"},
              "the querier does not select by labels of its own");
  line.refuse({"query.partition-label"}, "queries are evaluated here");
  line.refuse({"endpoint-group", "endpoint-group-strict"},
              "groups are not asked in turn; give each address by --endpoint");
  line.refuse({"endpoint.sd-config", "endpoint.sd-config-file"},
              "give addresses by --endpoint or --store.sd-files");
  line.refuse({"query.tenant-certificate-field", "inject-test-addresses"}, "there is no tenancy");
  line.refuse({"web.route-prefix"}, "the API is served at the root", "/");
  line.refuse_switches({"query.enforce-tenancy"}, "tenants are not kept apart");
}

constexpr std::chrono::seconds kEndpointRefresh{5};

std::optional<rpc::TlsClientOptions> tls_options(const QueryFlags& flags) {
  if (!flags.client_tls_secure) return std::nullopt;
  return rpc::TlsClientOptions{flags.client_tls_ca, flags.client_tls_cert, flags.client_tls_key,
                               flags.client_server_name, flags.client_tls_skip_verify};
}

/// OpenSSL's least version holds for the whole process, so both sides must demand the same.
Status check_tls(const QueryFlags& flags) {
  bool client_files = !flags.client_tls_ca.empty() || !flags.client_tls_cert.empty() ||
                      !flags.client_tls_key.empty();
  if (!flags.client_tls_secure) {
    return client_files ? Status::invalid_argument(
                              "--grpc-client-tls-* needs --grpc-client-tls-secure to take effect")
                        : Status();
  }
  if (flags.client_tls_cert.empty() != flags.client_tls_key.empty()) {
    return Status::invalid_argument(
        "--grpc-client-tls-cert and --grpc-client-tls-key go together: both or neither");
  }
  PemFiles files{flags.client_tls_cert, flags.client_tls_key, flags.client_tls_ca};
  MNEMO_RETURN_IF_ERROR(read_pem_files(files).status().with_context("--grpc-client-tls-*"));
  if (!flags.grpc.tls_cert.empty() && flags.grpc.tls_min_version != flags.client_tls_min_version) {
    return Status::invalid_argument(
        "--grpc-server-tls-min-version and --grpc-client-tls-min-version must be the same");
  }
  return demand_tls_version(flags.client_tls_min_version);
}

Status check_features(const std::vector<std::string>& features) {
  static const std::vector<std::string> kKnown = {"",
                                                  "promql-experimental-functions",
                                                  "promql-delayed-name-removal",
                                                  "type-and-unit-labels",
                                                  "promql-at-modifier",
                                                  "promql-negative-offset",
                                                  "query-pushdown"};
  for (const auto& feature : features) {
    if (std::find(kKnown.begin(), kKnown.end(), feature) == kKnown.end()) {
      return Status::invalid_argument("--enable-feature: unknown feature \"" + feature + "\"");
    }
  }
  return {};
}

Result<std::shared_ptr<rpc::EndpointSet>> make_endpoints(const QueryFlags& flags,
                                                         const Component& component) {
  discovery::TargetSourceOptions sources;
  sources.addresses = flags.endpoints;
  sources.strict_addresses = flags.strict_endpoints;
  sources.files = flags.sd_files;
  sources.dns_interval = std::chrono::milliseconds(flags.sd_dns_interval_ms);
  sources.logger = component.logger();
  sources.metrics = component.metrics().get();
  sources.metric_prefix = "thanos_query_endpoints_";
  sources.duplicates = &component.metrics()->counter(
      "thanos_query_duplicated_endpoint_addresses_total",
      "The number of times a duplicated endpoint addresses is detected from the different configs");
  MNEMO_TRY(auto made, discovery::TargetSource::create(std::move(sources)));
  std::shared_ptr<discovery::TargetSource> targets = std::move(made);

  rpc::EndpointSetOptions options;
  options.targets = [targets](const Context& context) { return targets->targets(context); };
  options.client.tls = tls_options(flags);
  options.client.metrics = component.metrics();
  options.client.logger = component.logger();
  options.info_timeout = std::chrono::milliseconds(flags.info_timeout_ms);
  options.unhealthy_timeout = std::chrono::milliseconds(flags.unhealthy_timeout_ms);
  options.logger = component.logger();
  options.metrics = component.metrics();
  return std::make_shared<rpc::EndpointSet>(std::move(options));
}

std::shared_ptr<FanoutStore> make_fanout(const QueryFlags& flags, const Component& component,
                                         const std::shared_ptr<rpc::EndpointSet>& endpoints) {
  FanoutOptions options;
  options.executor = component.executor();
  options.metrics = component.metrics().get();
  options.response_timeout = std::chrono::milliseconds(flags.response_timeout_ms);
  return std::make_shared<FanoutStore>([endpoints] { return endpoints->members(); },
                                       std::move(options));
}

std::vector<api::StoreStatus> store_statuses(const rpc::EndpointSet& endpoints) {
  std::vector<api::StoreStatus> statuses;
  for (auto& endpoint : endpoints.status()) {
    statuses.push_back({endpoint.name, endpoint.last_check, endpoint.last_error,
                        std::move(endpoint.label_sets), endpoint.component_type, endpoint.range});
  }
  return statuses;
}

EngineOptions engine_options(const QueryFlags& flags) {
  EngineOptions options;
  options.lookback_delta_ms = flags.lookback_delta_ms;
  options.default_subquery_step_ms = flags.default_evaluation_interval_ms;
  options.enable_x_functions = flags.enable_x_functions;
  auto features = split_commas(flags.features);
  auto enabled = [&](std::string_view feature) {
    return std::find(features.begin(), features.end(), feature) != features.end();
  };
  options.enable_experimental_functions = enabled("promql-experimental-functions");
  options.enable_delayed_name_removal = enabled("promql-delayed-name-removal");
  options.enable_type_and_unit_labels = enabled("type-and-unit-labels");
  return options;
}

/// Null where no folder is given. Tells of the queries that the last run left unfinished.
Result<std::shared_ptr<ActiveQueries>> open_active_queries(const QueryFlags& flags,
                                                           const Component& component) {
  if (flags.active_query_path.empty()) return std::shared_ptr<ActiveQueries>();
  MNEMO_TRY(auto opened, ActiveQueries::open(flags.active_query_path, flags.max_concurrent));
  std::shared_ptr<ActiveQueries> active = std::move(opened);
  if (!active->unfinished().empty()) {
    component.logger()->info("these queries did not finish in the last run",
                             {{"queries", active->unfinished()}});
  }
  return active;
}

int64_t now_seconds() {
  auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
}

api::Evaluate make_evaluate(std::shared_ptr<Engine> engine, std::shared_ptr<ActiveQueries> active,
                            const std::shared_ptr<Metrics>& metrics) {
  auto& running = metrics->gauge("thanos_engine_queries", "Number of PromQL queries in flight.");
  auto& total = metrics->counter("thanos_engine_queries_total", "Number of PromQL queries.",
                                 {{"fallback", "false"}});
  return [engine = std::move(engine), active = std::move(active), metrics, &running, &total](
             const Context& context, Queryable& queryable, const QueryRequest& request) {
    total.increment();
    running.add(1);
    std::optional<ActiveQueries::Entry> entry;
    if (active) entry.emplace(active->insert(request.expression, now_seconds()));
    auto result = engine->query(context, queryable, request);
    running.add(-1);
    return result;
  };
}

api::QueryApiOptions api_options(const QueryFlags& flags, const Component& component,
                                 std::shared_ptr<Store> store,
                                 const std::shared_ptr<rpc::EndpointSet>& endpoints,
                                 std::shared_ptr<ActiveQueries> active) {
  api::QueryApiOptions options;
  options.store = std::move(store);
  auto engine = std::make_shared<Engine>(engine_options(flags));
  options.evaluate = make_evaluate(engine, std::move(active), component.metrics());
  options.explain = [engine](const QueryRequest& request) { return engine->explain(request); };
  options.enable_experimental_functions = engine->options().enable_experimental_functions;
  options.metrics = component.metrics();
  options.stores = [endpoints] { return store_statuses(*endpoints); };
  options.build.version = kVersion;
  options.replica_labels = split_commas(flags.replica_labels);
  options.max_concurrent = flags.max_concurrent;
  options.timeout_ms = flags.timeout_ms;
  options.lookback_delta_ms = flags.lookback_delta_ms;
  options.dynamic_lookback_delta = flags.dynamic_lookback_delta;
  options.auto_downsampling = flags.auto_downsampling;
  options.partial_response = flags.partial_response;
  options.default_step_ms = flags.default_step_ms;
  options.instant_max_source_resolution_ms = flags.instant_max_source_resolution_ms;
  options.metadata_range_ms = flags.metadata_default_time_range_ms;
  options.disable_cors = flags.disable_cors;
  return options;
}

Status run(const QueryFlags& flags, const CommandLine& line) {
  MNEMO_RETURN_IF_ERROR(check_features(split_commas(flags.features)));
  MNEMO_RETURN_IF_ERROR(check_tls(flags));
  Component component("query", flags.common);
  component.warn(line.warnings());
  MNEMO_TRY(auto endpoints, make_endpoints(flags, component));
  auto store = make_fanout(flags, component, endpoints);
  MNEMO_TRY(auto active, open_active_queries(flags, component));
  api::QueryApi api(api_options(flags, component, store, endpoints, std::move(active)));
  HttpRouter routes;
  api.add_routes(routes, "/api/v1");
  MNEMO_TRY(auto serving,
            Serving::start(component, flags.common, flags.grpc,
                           make_limited_store(store, flags.limits, component.metrics()),
                           std::move(routes)));
  component.every(std::chrono::milliseconds(kEndpointRefresh).count(), "asking the endpoints",
                  [&](const Context& context) {
                    endpoints->refresh(context);
                    MNEMO_RETURN_IF_ERROR(context.check());
                    serving->set_ready(true);
                    return Status();
                  });
  component.wait();
  serving->stop();
  return {};
}

}  // namespace

int run_query(const std::vector<std::string>& arguments) {
  QueryFlags flags;
  CommandLine line("query", "Answers PromQL over sidecars, stores and other queriers.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  if (auto status = run(flags, line); !status.ok()) return report("query", status);
  return kDone;
}

}  // namespace mnemo::tools
