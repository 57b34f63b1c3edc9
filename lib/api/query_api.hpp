// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/gate.hpp"
#include "api/response.hpp"
#include "http/router.hpp"
#include "query/store_queryable.hpp"

#include <mnemo/metrics.hpp>
#include <mnemo/promql.hpp>
#include <mnemo/store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mnemo::api {

/// How one endpoint is doing, for `/api/v1/stores`.
struct StoreStatus {
  std::string name;
  std::chrono::system_clock::time_point last_check{};  // the epoch: never
  std::optional<std::string> last_error;
  std::vector<Labels> label_sets;
  std::string component_type;  // endpoints without one aren't shown
  TimeRange range;
};

struct BuildInfo {
  std::string version;
  std::string revision;
  std::string branch;
  std::string build_user;
  std::string build_date;
};

/// Evaluates a query: an engine's `query`.
using Evaluate =
    std::function<Result<QueryResult>(const Context&, Queryable&, const QueryRequest&)>;

/// Tells how a query would be evaluated: an engine's `explain`.
using Explain = std::function<Result<PlanNode>(const QueryRequest&)>;

/// Names and defaults are those of Thanos' query flags. Times in milliseconds.
struct QueryApiOptions {
  std::shared_ptr<Store> store;
  Evaluate evaluate;
  Explain explain;
  std::shared_ptr<Metrics> metrics;
  std::function<std::vector<StoreStatus>()> stores;  // empty: no stores
  BuildInfo build;
  std::map<std::string, std::string> flags;  // for /api/v1/status/flags
  std::vector<std::string> replica_labels;   // --query.replica-label
  size_t max_concurrent = 20;                // --query.max-concurrent
  int64_t timeout_ms = 2 * 60 * 1000;        // --query.timeout
  int64_t lookback_delta_ms = 0;             // --query.lookback-delta; 0: the engine's
  bool dynamic_lookback_delta = true;        // --query.dynamic-lookback-delta
  bool auto_downsampling = false;            // --query.auto-downsampling
  bool partial_response = true;              // --query.partial-response
  int64_t default_step_ms = 1000;            // --query.default-step
  int64_t instant_max_source_resolution_ms = 60 * 60 * 1000;
  int64_t metadata_range_ms = 0;               // --query.metadata.default-time-range; 0: all
  bool disable_cors = false;                   // --web.disable-cors
  bool enable_experimental_functions = false;  // as the engine's; for what only parses
  std::function<int64_t()> now_ms;             // empty: the system's clock
};

/// The lookback of a query that may read data as coarse as `max_source_resolution_ms`: at least
/// that resolution where the lookback is dynamic. 0: the engine's own.
int64_t lookback_for(int64_t lookback_delta_ms, bool is_dynamic, int64_t max_source_resolution_ms);

/// Prometheus' HTTP API v1 with Thanos' parameters, over a store: query, query_range, their
/// explanations, format_query, parse_query, series, labels, label values, stores, build
/// information, flags.
///
/// Thread-safe. Must outlive the routers it is added to.
class QueryApi {
 public:
  explicit QueryApi(QueryApiOptions options);

  /// Adds the routes below `prefix` ("/api/v1").
  void add_routes(HttpRouter& router, const std::string& prefix);

 private:
  using Call = Result<Answer> (QueryApi::*)(const Context&, const ServerRequest&);
  struct QueryParameters;

  HttpHandler handler(const std::string& name, Call call);

  Result<Answer> query(const Context& context, const ServerRequest& request);
  Result<Answer> query_range(const Context& context, const ServerRequest& request);
  Result<Answer> query_explain(const Context& context, const ServerRequest& request);
  Result<Answer> query_range_explain(const Context& context, const ServerRequest& request);
  Result<Answer> series(const Context& context, const ServerRequest& request);
  Result<Answer> label_names(const Context& context, const ServerRequest& request);
  Result<Answer> label_values(const Context& context, const ServerRequest& request);
  Result<Answer> format_query(const Context& context, const ServerRequest& request);
  Result<Answer> parse_query(const Context& context, const ServerRequest& request);
  Result<Answer> stores(const Context& context, const ServerRequest& request);
  Result<Answer> build_info(const Context& context, const ServerRequest& request);
  Result<Answer> flags(const Context& context, const ServerRequest& request);

  Result<QueryParameters> query_parameters(const FormValues& form,
                                           int64_t default_resolution_ms) const;
  Result<QueryRequest> instant_request(const FormValues& form) const;
  Result<QueryRequest> range_request(const FormValues& form) const;
  Result<Answer> evaluate(const Context& context, const QueryParameters& parameters,
                          QueryRequest query, const FormValues& form);
  Result<StoreQueryOptions> label_call_options(const FormValues& form) const;
  int64_t now() const;

  QueryApiOptions options_;
  Gate gate_;
  HistogramMetric& range_timespan_;
};

}  // namespace mnemo::api
