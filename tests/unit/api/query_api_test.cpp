// SPDX-License-Identifier: Apache-2.0
// The expected answers are those of a Thanos querier to the same requests.
#include "api/probes.hpp"
#include "api/query_api.hpp"
#include "support/fake_store.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace mnemo;
using namespace mnemo::api;
using mnemo::testing::FakeBehaviour;
using mnemo::testing::FakeStore;

namespace {

constexpr int64_t kNow = 1'780'293'600'000;

/// An API over a fake store, with an engine that answers each query with its time and expression.
struct Bench {
  explicit Bench(FakeBehaviour behaviour = {}, std::vector<Series> series = {})
      : store(std::make_shared<FakeStore>(std::move(series), std::move(behaviour))) {
    options.store = store;
    options.metrics = std::make_shared<Metrics>();
    options.now_ms = [] { return kNow; };
    options.evaluate = [this](const Context&, Queryable&,
                              const QueryRequest& request) -> Result<QueryResult> {
      last = request;
      if (!failure.ok()) return failure;
      QueryResult result;
      result.type = ValueType::kString;
      result.string_value = request.expression;
      result.warnings = warnings;
      result.statistics = statistics;
      if (request.analyze) result.analysis = plan;
      return result;
    };
    options.explain = [this](const QueryRequest& request) -> Result<PlanNode> {
      last = request;
      return plan;
    };
  }

  ServerResponse get(const std::string& target) {
    if (!api) {
      api = std::make_unique<QueryApi>(options);
      api->add_routes(router, "/api/v1");
    }
    ServerRequest request;
    request.method = "GET";
    size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.form.add_encoded(
        std::string_view(target).substr(std::min(question + 1, target.size())));
    return router.route(Context(), request);
  }
  std::string text(const std::string& target) {
    auto response = get(target);
    return std::to_string(response.status) + " " + response.body;
  }
  std::string error(const std::string& target) {
    auto body = text(target);
    size_t at = body.find("\"error\":");
    return at == std::string::npos ? body : body.substr(at + 8, body.size() - at - 9);
  }

  std::shared_ptr<FakeStore> store;
  QueryApiOptions options;
  QueryRequest last;
  Status failure;
  std::vector<std::string> warnings;
  QueryStatistics statistics;
  PlanNode plan{"sum", std::chrono::microseconds(1500), 2, {{"x", {}, 0, {}}}};
  std::unique_ptr<QueryApi> api;
  HttpRouter router;
};

std::string header(const ServerResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("query api: an instant query, now and at a time") {
  Bench bench;
  auto response = bench.get("/api/v1/query?query=up");
  CHECK_EQ(response.status, 200);
  CHECK_EQ(response.content_type, "application/json");
  CHECK_EQ(header(response, "Access-Control-Allow-Origin"), "*");
  CHECK_EQ(header(response, "Cache-Control"), "");
  CHECK_EQ(response.body,
           R"({"status":"success","data":{"resultType":"string","result":[1780293600,"up"],)"
           R"("analysis":{}}})");
  bench.get("/api/v1/query?query=up&time=1780275600.5");
  CHECK_EQ(bench.last.start_ms, 1780275600500);
  CHECK_EQ(bench.last.end_ms, 1780275600500);
  CHECK(bench.last.is_instant());
  bench.get("/api/v1/query?query=up&time=2026-06-01T01:00:00Z&lookback_delta=1h");
  CHECK_EQ(bench.last.start_ms, 1780275600000);
  CHECK_EQ(bench.last.lookback_delta_ms, 3600'000);
}

TEST_CASE("query api: a range query, its default step and its largest number of points") {
  Bench bench;
  CHECK_EQ(bench.get("/api/v1/query_range?query=x&start=100&end=200&step=1m").status, 200);
  CHECK_EQ(bench.last.step_ms, 60'000);
  bench.get("/api/v1/query_range?query=x&start=0&end=100000");
  CHECK_EQ(bench.last.step_ms, 400'000);
  CHECK_EQ(bench.get("/api/v1/query_range?query=x&start=0&end=11000&step=1").status, 200);
  CHECK_EQ(
      bench.text("/api/v1/query_range?query=up&start=0&end=11001&step=1"),
      R"(400 {"status":"error","errorType":"bad_data","error":"exceeded maximum resolution of )"
      R"_(11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"})_");
  CHECK_EQ(bench.error("/api/v1/query_range?query=up&start=2&end=1&step=1"),
           R"("end timestamp must not be before start time")");
  CHECK_EQ(bench.error("/api/v1/query_range?query=up&start=1&end=2&step=0"),
           R"("zero or negative query resolution step widths are not accepted. )"
           R"(Try a positive integer")");
  CHECK_EQ(bench.error("/api/v1/query_range?query=up&start=1&end=2&step=x"),
           R"("'step' parameter: cannot parse \"x\" to a valid duration")");
  CHECK_EQ(bench.error("/api/v1/query_range?query=up&end=2&step=1"),
           R"("cannot parse \"\" to a valid timestamp")");
}

TEST_CASE("query api: statistics where they are asked for, of each step with all") {
  Bench bench;
  bench.statistics.queryable_samples = 5;
  bench.statistics.queryable_samples_per_step = {2, 3};
  bench.statistics.queryable_samples_read = 3;
  bench.statistics.queryable_samples_read_per_step = {2, 1};
  bench.statistics.peak_samples = 4;
  bench.statistics.preparation_time = std::chrono::milliseconds(1);
  bench.statistics.evaluation_time = std::chrono::milliseconds(20);
  bench.statistics.sort_time = std::chrono::milliseconds(300);
  const std::string range = "/api/v1/query_range?query=up&start=1.5&end=3&step=1";
  CHECK_EQ(bench.text(range).find("stats"), std::string::npos);
  CHECK_FALSE(bench.last.count_samples);
  auto some = bench.text(range + "&stats=true");
  CHECK(bench.last.count_samples);
  CHECK_NE(some.find(R"("samples":{"totalQueryableSamples":5,"samplesRead":3,"peakSamples":4}})"),
           std::string::npos);
  CHECK_NE(some.find(R"("evalTotalTime":0.321000000,"resultSortTime":0.300000000,)"
                     R"("queryPreparationTime":0.001000000,"innerEvalTime":0.020000000,)"),
           std::string::npos);
  auto all = bench.text(range + "&stats=all");
  CHECK_NE(all.find(R"("samples":{"totalQueryableSamplesPerStep":[[1.500,2],[2.500,3]],)"
                    R"("totalQueryableSamples":5,"samplesReadPerStep":[[1.500,2],[2.500,1]],)"
                    R"("samplesRead":3,"peakSamples":4}})"),
           std::string::npos);
}

TEST_CASE("query api: expressions are formatted and taken apart, not evaluated") {
  Bench bench;
  bench.failure = Status::internal("is not asked");
  CHECK_EQ(bench.text("/api/v1/format_query?query=sum(rate(x[5m]))by(a)"),
           R"json(200 {"status":"success","data":"sum by (a) (rate(x[5m]))"})json");
  CHECK_EQ(bench.text("/api/v1/parse_query?query=-time()"),
           R"(200 {"status":"success","data":{"expr":{"args":[],"func":{"argTypes":[],)"
           R"("name":"time","returnType":"scalar","variadic":0},"type":"call"},"op":"-",)"
           R"("type":"unaryExpr"}})");
  CHECK_EQ(bench.error("/api/v1/parse_query?query=sum("),
           R"("invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis")");
}

TEST_CASE("query api: bad parameters are named") {
  Bench bench;
  CHECK_EQ(bench.error("/api/v1/query?query=up&dedup=maybe"),
           R"("'dedup' parameter: strconv.ParseBool: parsing \"maybe\": invalid syntax")");
  CHECK_EQ(bench.error("/api/v1/query?query=up&time=xx"),
           R"("Invalid time value for 'time': cannot parse \"xx\" to a valid timestamp")");
  CHECK_EQ(bench.error("/api/v1/query?query=up&max_source_resolution=-1"),
           R"("negative 'max_source_resolution' is not accepted. Try a positive integer")");
  CHECK_EQ(bench.error("/api/v1/query?query=up&engine=x"), R"("'x' bad engine")");
  CHECK_EQ(bench.error("/api/v1/query?query=up&timeout=1e30"),
           R"("cannot parse \"1e30\" to a valid duration. It overflows int64")");
  CHECK_EQ(bench.error("/api/v1/labels?limit=-1"), R"("limit must be non-negative")");
  CHECK_EQ(bench.error("/api/v1/series"), R"("no match[] parameter provided")");
  CHECK_EQ(bench.text("/api/v1/label/bad-%ff/values"),
           R"(400 {"status":"error","errorType":"bad_data",)"
           R"("error":"invalid label name: \"bad-\\xff\""})");
  CHECK_EQ(bench.text("/api/v1/nothing"), "404 404 page not found\n");
}

TEST_CASE("query api: failures have Prometheus' types and status codes") {
  Bench bench;
  auto kind = [&](Status status) {
    bench.failure = std::move(status);
    auto response = bench.get("/api/v1/query?query=up");
    CHECK_EQ(header(response, "Cache-Control"), "no-store");
    size_t at = response.body.find("\"errorType\":\"") + 13;
    return std::to_string(response.status) + " " +
           response.body.substr(at, response.body.find('"', at) - at);
  };
  CHECK_EQ(kind(Status::invalid_argument("x")), "400 bad_data");
  CHECK_EQ(kind(Status::failed_precondition("x")), "422 execution");
  CHECK_EQ(kind(Status::resource_exhausted("x")), "422 execution");
  CHECK_EQ(kind(Status::unavailable("x")), "422 execution");
  CHECK_EQ(kind(Status::cancelled("x")), "503 canceled");
  CHECK_EQ(kind(Status::deadline_exceeded("x")), "503 timeout");
  CHECK_EQ(kind(Status::internal("x")), "500 internal");
}

TEST_CASE("query api: warnings that are not PromQL's keep an answer from being cached") {
  Bench bench;
  bench.warnings = {"PromQL warning: x"};
  CHECK_EQ(header(bench.get("/api/v1/query?query=up"), "Cache-Control"), "");
  bench.warnings = {"a store is down"};
  auto response = bench.get("/api/v1/query?query=up");
  CHECK_EQ(header(response, "Cache-Control"), "no-store");
  CHECK(response.body.find(R"("warnings":["a store is down"])") != std::string::npos);
}

TEST_CASE("query api: label and series answers are cut at their limit, with a warning") {
  Bench bench({}, {{Labels{{"a", "1"}}, {}}, {Labels{{"a", "2"}}, {}}, {Labels{{"a", "3"}}, {}}});
  bench.store->texts = {"x", "y", "z"};
  CHECK_EQ(bench.text("/api/v1/labels?limit=2"),
           R"(200 {"status":"success","data":["x","y"],)"
           R"("warnings":["results truncated due to limit"]})");
  CHECK_EQ(bench.text("/api/v1/label/a%2Fb/values"),
           R"(200 {"status":"success","data":["x","y","z"]})");
  CHECK_EQ(bench.text("/api/v1/series?match[]=up&limit=2"),
           R"(200 {"status":"success","data":[{"a":"1"},{"a":"2"}],)"
           R"("warnings":["results truncated due to limit"]})");
  CHECK_EQ(bench.store->last_limit, 3);
}

TEST_CASE("query api: stores by type, build information, flags") {
  Bench bench;
  StoreStatus store;
  store.name = "127.0.0.1:1";
  store.component_type = "sidecar";
  store.label_sets = {Labels{{"replica", "a"}}};
  store.range = {1, 2};
  store.last_check = std::chrono::system_clock::time_point(std::chrono::milliseconds(kNow + 250));
  StoreStatus broken;
  broken.name = "127.0.0.1:2";
  broken.component_type = "store";
  broken.last_error = "gone";
  bench.options.stores = [=] { return std::vector{store, broken, StoreStatus()}; };
  bench.options.build.version = "1.2.3";
  bench.options.flags = {{"query.timeout", "2m"}};
  CHECK_EQ(bench.text("/api/v1/stores"),
           R"(200 {"status":"success","data":{"sidecar":[{"name":"127.0.0.1:1",)"
           R"("lastCheck":"2026-06-01T06:00:00.25Z","lastError":null,)"
           R"("labelSets":[{"replica":"a"}],"minTime":1,"maxTime":2}],)"
           R"("store":[{"name":"127.0.0.1:2","lastCheck":"0001-01-01T00:00:00Z",)"
           R"("lastError":"gone","labelSets":[],"minTime":-9223372036854775808,)"
           R"("maxTime":9223372036854775807}]}})");
  CHECK_EQ(bench.text("/api/v1/status/buildinfo"),
           R"(200 {"status":"success","data":{"version":"1.2.3","revision":"","branch":"",)"
           R"("buildUser":"","buildDate":"","goVersion":""}})");
  CHECK_EQ(bench.text("/api/v1/status/flags"),
           R"(200 {"status":"success","data":{"query.timeout":"2m"}})");
}

TEST_CASE("query api: a query that gets no turn in its time fails, and metrics count it") {
  Bench bench;
  bench.options.max_concurrent = 1;
  bench.options.evaluate = [&](const Context& context, Queryable&, const QueryRequest&) {
    // While one query holds the only place, another one waits for it.
    if (context.remaining() < std::chrono::hours(1)) {
      CHECK_EQ(bench.text("/api/v1/query?query=b&timeout=0.01"),
               R"(503 {"status":"error","errorType":"timeout",)"
               R"("error":"context deadline exceeded"})");
    }
    return Result<QueryResult>(QueryResult());
  };
  CHECK_EQ(bench.get("/api/v1/query?query=a").status, 200);
  auto metrics = bench.options.metrics->render();
  for (const char* line :
       {"thanos_query_concurrent_gate_queries_max 1",
        "thanos_query_concurrent_gate_queries_total 2",
        "thanos_query_concurrent_gate_queries_in_flight 0",
        "http_requests_total{code=\"200\",handler=\"query\",method=\"get\"} 1",
        "http_requests_total{code=\"503\",handler=\"query\",method=\"get\"} 1"}) {
    CAPTURE(line);
    CHECK(metrics.find(line) != std::string::npos);
  }
}

TEST_CASE("query api: the lookback grows with the resolution that may be read") {
  CHECK_EQ(lookback_for(0, true, 0), 0);
  CHECK_EQ(lookback_for(0, true, 60'000), 300'000);
  CHECK_EQ(lookback_for(0, true, 300'001), 3'600'000);
  CHECK_EQ(lookback_for(600'000, true, 300'000), 600'000);
  CHECK_EQ(lookback_for(600'000, true, 3'600'000), 3'600'000);
  CHECK_EQ(lookback_for(600'000, false, 3'600'000), 600'000);
}

TEST_CASE("probes: healthy at once, ready when told, metrics in the text format") {
  Probe probe;
  Metrics metrics;
  metrics.counter("x_total", "X.").increment();
  HttpRouter router;
  add_probe_routes(router, probe, metrics);
  auto get = [&](const char* path) {
    ServerRequest request;
    request.method = "GET";
    request.path = path;
    return router.route(Context(), request);
  };
  CHECK_EQ(get("/-/healthy").body, "OK");
  CHECK_EQ(get("/-/ready").status, 503);
  probe.set_ready(true);
  CHECK_EQ(get("/-/ready").body, "OK");
  auto page = get("/metrics");
  CHECK_EQ(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
  CHECK(page.body.find("x_total 1") != std::string::npos);
}

TEST_CASE("query api: a query is explained, and analyzed where it is asked for") {
  Bench bench;
  CHECK_EQ(bench.text("/api/v1/query_explain?query=sum(x)"),
           R"(200 {"status":"success","data":{"name":"sum","children":[{"name":"x"}]}})");
  CHECK_EQ(bench.text("/api/v1/query_range_explain?query=sum(x)&start=0&end=60&step=15"),
           R"(200 {"status":"success","data":{"name":"sum","children":[{"name":"x"}]}})");
  CHECK_EQ(bench.last.step_ms, 15'000);
  CHECK_EQ(bench.get("/api/v1/query_range_explain?query=sum(x)&start=0").status, 400);
  auto analyzed = bench.text("/api/v1/query?query=x&analyze=true");
  CHECK_NE(analyzed.find(R"("analysis":{"name":"sum","executionTime":"1.5ms","series":2,)"
                         R"("children":[{"name":"x","executionTime":"0ms","series":0}]})"),
           std::string::npos);
}
