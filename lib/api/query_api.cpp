// SPDX-License-Identifier: Apache-2.0
#include "api/query_api.hpp"

#include "api/instrument.hpp"
#include "api/parameters.hpp"
#include "api/plan_json.hpp"
#include "api/result_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mnemo::api {
namespace {

constexpr double kMaxPoints = 11'000;

const std::vector<double>& timespan_buckets() {
  static const std::vector<double> kBuckets = [] {
    std::vector<double> buckets;
    for (double seconds = 15 * 60; buckets.size() < 12; seconds *= 2) buckets.push_back(seconds);
    return buckets;
  }();
  return kBuckets;
}

Result<int64_t> required_time(const FormValues& form, std::string_view name) {
  return parse_time(form.get(name));
}

Status check_points(const QueryRequest& request) {
  if (request.step_ms <= 0) {
    return Status::invalid_argument(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  double points = (static_cast<double>(request.end_ms) - static_cast<double>(request.start_ms)) /
                  static_cast<double>(request.step_ms);
  if (points >= kMaxPoints + 1) {
    return Status::invalid_argument(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution (?step=XX)");
  }
  return {};
}

double seconds_between(const QueryRequest& query) {
  return static_cast<double>(query.end_ms) / 1000 - static_cast<double>(query.start_ms) / 1000;
}

using Seconds = std::chrono::duration<double>;

std::string timings_json(const QueryStatistics& statistics, Seconds queued) {
  Seconds preparation = statistics.preparation_time;
  Seconds evaluation = statistics.evaluation_time;
  Seconds sort = statistics.sort_time;
  Seconds total = preparation + evaluation + sort;
  return fmt::format(
      R"({{"evalTotalTime":{:.9f},"resultSortTime":{:.9f},"queryPreparationTime":{:.9f},)"
      R"("innerEvalTime":{:.9f},"execQueueTime":{:.9f},"execTotalTime":{:.9f}}})",
      total.count(), sort.count(), preparation.count(), evaluation.count(), queued.count(),
      (queued + total).count());
}

/// `[[time, samples], ...]`.
std::string per_step_json(const std::vector<uint64_t>& samples, const QueryRequest& request) {
  std::string out = "[";
  int64_t time = request.start_ms;
  for (uint64_t count : samples) {
    if (out.size() > 1) out += ',';
    out += '[';
    append_timestamp(out, time);
    out += ',' + std::to_string(count) + ']';
    time += request.step_ms;
  }
  return out + "]";
}

std::string stats_json(const QueryStatistics& statistics, const QueryRequest& request,
                       Seconds queued, bool each_step) {
  std::string out = "{\"timings\":" + timings_json(statistics, queued) + ",\"samples\":{";
  if (each_step) {
    out += "\"totalQueryableSamplesPerStep\":" +
           per_step_json(statistics.queryable_samples_per_step, request) + ",";
  }
  out += fmt::format(R"("totalQueryableSamples":{},)", statistics.queryable_samples);
  if (each_step) {
    out += "\"samplesReadPerStep\":" +
           per_step_json(statistics.queryable_samples_read_per_step, request) + ",";
  }
  return out + fmt::format(R"("samplesRead":{},"peakSamples":{}}}}})",
                           statistics.queryable_samples_read, statistics.peak_samples);
}

}  // namespace

struct QueryApi::QueryParameters {
  StoreQueryOptions store;
  int64_t lookback_delta_ms = 0;
  std::optional<int64_t> timeout_ms;
};

int64_t lookback_for(int64_t lookback_delta_ms, bool is_dynamic, int64_t max_source_resolution_ms) {
  constexpr std::array<int64_t, 3> kResolutions = {0, 5 * 60 * 1000, 60 * 60 * 1000};
  if (!is_dynamic) return lookback_delta_ms;
  for (size_t i = kResolutions.size() - 1; i > 0; --i) {
    if (std::max(kResolutions[i - 1], lookback_delta_ms) < max_source_resolution_ms) {
      return std::max(kResolutions[i], lookback_delta_ms);
    }
  }
  return lookback_delta_ms;
}

QueryApi::QueryApi(QueryApiOptions options)
    : options_(std::move(options)),
      gate_(options_.max_concurrent, *options_.metrics, "thanos_query_concurrent_"),
      range_timespan_(options_.metrics->histogram(
          "thanos_query_range_requested_timespan_duration_seconds",
          "A histogram of the query range window in seconds", timespan_buckets())) {}

int64_t QueryApi::now() const {
  if (options_.now_ms) return options_.now_ms();
  auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

HttpHandler QueryApi::handler(const std::string& name, Call call) {
  return instrumented(*options_.metrics, name,
                      [this, call](const Context& context, const ServerRequest& request) {
                        auto response = to_response((this->*call)(context, request));
                        if (!options_.disable_cors) add_cors_headers(response);
                        return response;
                      });
}

void QueryApi::add_routes(HttpRouter& router, const std::string& prefix) {
  router.get_and_post(prefix + "/query", handler("query", &QueryApi::query));
  router.get_and_post(prefix + "/query_range", handler("query_range", &QueryApi::query_range));
  // Thanos counts these with the queries that they explain.
  router.get_and_post(prefix + "/query_explain", handler("query", &QueryApi::query_explain));
  router.get_and_post(prefix + "/query_range_explain",
                      handler("query", &QueryApi::query_range_explain));
  router.get_and_post(prefix + "/format_query", handler("format_query", &QueryApi::format_query));
  router.get_and_post(prefix + "/parse_query", handler("parse_query", &QueryApi::parse_query));
  router.get_and_post(prefix + "/series", handler("series", &QueryApi::series));
  router.get_and_post(prefix + "/labels", handler("label_names", &QueryApi::label_names));
  router.get_and_post(prefix + "/label/{name}/values",
                      handler("label_values", &QueryApi::label_values));
  router.get(prefix + "/stores", handler("stores", &QueryApi::stores));
  router.get(prefix + "/status/buildinfo", handler("status_build", &QueryApi::build_info));
  router.get(prefix + "/status/flags", handler("status_flags", &QueryApi::flags));
  auto options = [this](const Context&, const ServerRequest&) {
    ServerResponse response;
    response.status = 204;
    if (!options_.disable_cors) add_cors_headers(response);
    return response;
  };
  router.add("OPTIONS", prefix + "/*", instrumented(*options_.metrics, "options", options));
}

Result<QueryApi::QueryParameters> QueryApi::query_parameters(const FormValues& form,
                                                             int64_t default_resolution_ms) const {
  QueryParameters parameters;
  StoreQueryOptions& store = parameters.store;
  if (!form.get("timeout").empty()) {
    MNEMO_TRY(parameters.timeout_ms, parse_duration(form.get("timeout")));
  }
  MNEMO_TRY(store.deduplicate, bool_parameter(form, "dedup", true));
  store.replica_labels = form.all("replicaLabels[]");
  if (store.replica_labels.empty()) store.replica_labels = options_.replica_labels;
  MNEMO_TRY(store.store_matchers, selectors_parameter(form, "storeMatch[]"));
  MNEMO_TRY(bool partial, bool_parameter(form, "partial_response", options_.partial_response));
  store.partial_response = partial ? PartialResponse::kWarn : PartialResponse::kAbort;

  const auto& resolution = form.get("max_source_resolution");
  if (options_.auto_downsampling || resolution == "auto") {
    store.max_source_resolution_ms = default_resolution_ms;
  }
  if (resolution != "auto") {
    MNEMO_TRY(auto given, duration_parameter(form, "max_source_resolution"));
    store.max_source_resolution_ms = given.value_or(store.max_source_resolution_ms);
  }
  if (store.max_source_resolution_ms < 0) {
    return Status::invalid_argument(
        "negative 'max_source_resolution' is not accepted. Try a positive integer");
  }
  MNEMO_TRY(store.shard_info, shard_parameter(form));
  const auto& engine = form.get("engine");
  if (!engine.empty() && engine != "prometheus" && engine != "thanos") {
    return Status::invalid_argument("'" + engine + "' bad engine");
  }
  MNEMO_TRY(auto lookback, duration_parameter(form, "lookback_delta"));
  parameters.lookback_delta_ms =
      lookback.value_or(0) > 0
          ? *lookback
          : lookback_for(options_.lookback_delta_ms, options_.dynamic_lookback_delta,
                         store.max_source_resolution_ms);
  return parameters;
}

Result<QueryRequest> QueryApi::instant_request(const FormValues& form) const {
  QueryRequest query;
  MNEMO_TRY(query.start_ms, time_parameter(form, "time", now()));
  query.end_ms = query.start_ms;
  query.expression = form.get("query");
  return query;
}

Result<QueryRequest> QueryApi::range_request(const FormValues& form) const {
  QueryRequest query;
  MNEMO_TRY(query.start_ms, required_time(form, "start"));
  MNEMO_TRY(query.end_ms, required_time(form, "end"));
  if (query.end_ms < query.start_ms) {
    return Status::invalid_argument("end timestamp must not be before start time");
  }
  MNEMO_TRY(auto step, duration_parameter(form, "step"));
  constexpr double kDefaultPoints = 250;
  auto default_step = std::max(static_cast<int64_t>(seconds_between(query) / kDefaultPoints) * 1000,
                               options_.default_step_ms / 1000 * 1000);
  query.step_ms = step.value_or(default_step);
  MNEMO_RETURN_IF_ERROR(check_points(query));
  query.expression = form.get("query");
  return query;
}

Result<Answer> QueryApi::query(const Context& context, const ServerRequest& request) {
  MNEMO_TRY(auto query, instant_request(request.form));
  MNEMO_TRY(auto parameters,
            query_parameters(request.form, options_.instant_max_source_resolution_ms));
  return evaluate(context, parameters, std::move(query), request.form);
}

Result<Answer> QueryApi::query_range(const Context& context, const ServerRequest& request) {
  MNEMO_TRY(auto query, range_request(request.form));
  // Without a given resolution, at least five samples shall lie between two steps.
  MNEMO_TRY(auto parameters, query_parameters(request.form, query.step_ms / 5));
  range_timespan_.observe(seconds_between(query));
  return evaluate(context, parameters, std::move(query), request.form);
}

Result<Answer> QueryApi::evaluate(const Context& context, const QueryParameters& parameters,
                                  QueryRequest query, const FormValues& form) {
  Context limited = context;
  if (options_.timeout_ms > 0) {
    limited = limited.with_timeout(std::chrono::milliseconds(options_.timeout_ms));
  }
  if (parameters.timeout_ms) {
    limited = limited.with_timeout(std::chrono::milliseconds(*parameters.timeout_ms));
  }
  auto begin = std::chrono::steady_clock::now();
  MNEMO_TRY(auto pass, gate_.enter(limited));
  Seconds queued = std::chrono::steady_clock::now() - begin;
  const auto& stats = form.get("stats");
  query.lookback_delta_ms = parameters.lookback_delta_ms;
  query.count_samples = !stats.empty();
  query.analyze = form.get("analyze") == "true" || form.get("analyze") == "1";
  StoreQueryable queryable(options_.store, parameters.store);
  MNEMO_TRY(auto result, options_.evaluate(limited, queryable, query));

  Answer answer;
  answer.data = "{";
  append_result(answer.data, result, query.start_ms);
  if (!stats.empty()) {
    answer.data += ",\"stats\":" + stats_json(result.statistics, query, queued, stats == "all");
  }
  answer.data += ",\"analysis\":";
  if (result.analysis) {
    append_analysis(answer.data, *result.analysis);
  } else {
    answer.data += "{}";
  }
  answer.data += '}';
  // Thanos has one list for both.
  answer.warnings = std::move(result.warnings);
  for (auto& info : result.infos) answer.warnings.push_back(std::move(info));
  return answer;
}

}  // namespace mnemo::api
