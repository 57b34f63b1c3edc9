// SPDX-License-Identifier: Apache-2.0
#include "rpc/prometheus_json.hpp"

#include "golden_calls.hpp"
#include "support/golden.hpp"

#include "base/proto_wire.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>

using namespace mnemo;
using nlohmann::json;
using rpc_testing::golden_call;

namespace {

const Labels kExternal{{"cluster", "golden"}, {"replica", "a"}};

/// A message as nested text; what differs from one second to the next (times, values, addresses
/// within times) is left out: numbers above 1000 and doubles.
std::string shape(std::string_view bytes) {
  std::string out;
  ProtoReader reader({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  while (reader.next()) {
    out += std::to_string(reader.field());
    if (reader.wire() == ProtoReader::Wire::kVarint) {
      out += reader.varint() > 1000 ? "=# " : "=" + std::to_string(reader.varint()) + " ";
    } else if (reader.wire() == ProtoReader::Wire::kBytes) {
      auto text = reader.string();
      auto inner = shape(text);
      bool is_message = !inner.empty() || text.empty();
      out += is_message ? "{" + inner + "} " : "\"" + std::string(text) + "\" ";
    } else {
      out += "=# ";
    }
  }
  return reader.failed() ? std::string() : out;
}

/// What the recorded Prometheus answered; nothing where golden data is absent.
std::optional<std::string> prometheus_answer(const std::string& path, const json& params) {
  auto dir = testing::golden_dir();
  if (!dir) return std::nullopt;
  for (const auto& line : testing::gzip_lines(*dir / "http-other.ndjson.gz")) {
    auto call = json::parse(line);
    bool is_it =
        call["server"] == "prometheus 3.14" && call["path"] == path && call["params"] == params;
    if (is_it) return call["body"].dump();
  }
  return std::nullopt;
}

void check_shapes(const std::vector<std::string>& ours, const std::string& golden_name) {
  auto golden = golden_call("thanos sidecar", golden_name);
  REQUIRE(golden);
  REQUIRE_EQ(ours.size(), golden->responses.size());
  for (size_t i = 0; i < ours.size(); ++i) CHECK_EQ(shape(ours[i]), shape(golden->responses[i]));
}

std::string success(const json& data) { return json{{"status", "success"}, {"data", data}}.dump(); }

}  // namespace

TEST_CASE("prometheus json: rules are what Thanos' sidecar makes of the same answer") {
  auto all = prometheus_answer("/api/v1/rules", json::array());
  if (!all) {
    MESSAGE("skipped: no golden data");
    return;
  }
  auto messages = rpc::rules_messages(*all, kExternal);
  REQUIRE_MESSAGE(messages.ok(), messages.status().message());
  check_shapes(*messages, "all rules");
  auto alerts = prometheus_answer("/api/v1/rules", json::array({{"type", "alert"}}));
  REQUIRE(alerts);
  check_shapes(*rpc::rules_messages(*alerts, kExternal), "alerting rules");
}

TEST_CASE("prometheus json: targets are what Thanos' sidecar makes of the same answer") {
  auto any = prometheus_answer("/api/v1/targets", json::array());
  if (!any) {
    MESSAGE("skipped: no golden data");
    return;
  }
  check_shapes(*rpc::targets_messages(*any, kExternal), "targets, any");
  auto dropped = prometheus_answer("/api/v1/targets", json::array({{"state", "dropped"}}));
  REQUIRE(dropped);
  auto messages = rpc::targets_messages(*dropped, kExternal);
  REQUIRE(messages.ok());
  // Nothing in it changes with time.
  CHECK_EQ(*messages, golden_call("thanos sidecar", "targets, dropped")->responses);
}

TEST_CASE("prometheus json: metadata are Thanos' bytes") {
  auto golden = golden_call("thanos sidecar", "metadata, one metric");
  if (!golden) {
    MESSAGE("skipped: no golden data");
    return;
  }
  auto body = success(
      {{"prometheus_build_info",
        {{{"type", "gauge"},
          {"unit", ""},
          {"help",
           "A metric with a constant '1' value labeled by version, revision, branch, goversion "
           "from which prometheus was built, and the goos and goarch for the build."}}}}});
  CHECK_EQ(*rpc::metadata_messages(body), golden->responses);
}

TEST_CASE("prometheus json: statistics of the TSDB are Thanos' bytes") {
  auto golden = golden_call("thanos sidecar", "tsdb statistics");
  if (!golden) {
    MESSAGE("skipped: no golden data");
    return;
  }
  auto entry = [](const char* name, int64_t value) {
    return json{{"name", name}, {"value", value}};
  };
  json data = {{"headStats",
                {{"numSeries", 841},
                 {"numLabelPairs", 561},
                 {"minTime", 1795345258426},
                 {"maxTime", 1795348917494}}},
               {"seriesCountByMetricName",
                {entry("prometheus_http_requests_total", 63),
                 entry("prometheus_http_request_duration_seconds_bucket", 40),
                 entry("prometheus_http_response_size_bytes_bucket", 36),
                 entry("prometheus_engine_query_duration_histogram_seconds_bucket", 20),
                 entry("prometheus_sd_kubernetes_events_total", 18)}},
               // Thanos' sidecar passes counts of values off as bytes (docs/differences.md).
               {"memoryInBytesByLabelName",
                {entry("__name__", 343), entry("le", 88), entry("handler", 63),
                 entry("quantile", 9), entry("role", 6)}},
               {"seriesCountByLabelValuePair",
                {entry("job=prometheus", 829), entry("instance=127.0.0.1:23010", 829),
                 entry("code=200", 66), entry("__name__=prometheus_http_requests_total", 63),
                 entry("__name__=prometheus_http_request_duration_seconds_bucket", 40)}}};
  CHECK_EQ(*rpc::tsdb_statistics_messages(success(data), -1), golden->responses);
}

TEST_CASE("prometheus json: exemplars get external labels, values are texts, times seconds") {
  json exemplar = {
      {"labels", {{"trace_id", "abc8"}}}, {"value", "0.67"}, {"timestamp", 1795348858.496}};
  json series = {{"seriesLabels", {{"__name__", "x"}, {"replica", "own"}}},
                 {"exemplars", {exemplar}}};
  auto messages = rpc::exemplars_messages(success(json::array({series})), kExternal);
  REQUIRE(messages.ok());
  REQUIRE_EQ(messages->size(), 1);
  // 0.67 is 0x3fe570a3d70a3d71, the time 1795348858496 ms: as in Thanos' answer of these.
  CHECK_EQ(shape((*messages)[0]),
           "1{1{1{1\"__name__\" 2\"x\" } 1{1\"cluster\" 2\"golden\" } 1{1\"replica\" 2\"a\" } } "
           "2{1{1{1\"trace_id\" 2\"abc8\" } } 2=# 3=# } } ");
  CHECK((*messages)[0].find(std::string("\x11\x71\x3d\x0a\xd7\xa3\x70\xe5\x3f")) !=
        std::string::npos);
}

TEST_CASE(
    "prometheus json: what isn't the API's answer is an error, what is odd in it is left out") {
  for (const char* body : {"", "{", "[]", R"({"status":"error","error":"x"})", R"({"data":[]})"}) {
    CHECK_EQ(rpc::rules_messages(body, {}).status().code(), Code::kDataLoss);
    CHECK_EQ(rpc::targets_messages(body, {}).status().code(), Code::kDataLoss);
    CHECK_EQ(rpc::metadata_messages(body).status().code(), Code::kDataLoss);
    CHECK_EQ(rpc::exemplars_messages(body, {}).status().code(), Code::kDataLoss);
    CHECK_EQ(rpc::tsdb_statistics_messages(body, -1).status().code(), Code::kDataLoss);
  }
  CHECK_EQ(rpc::rules_messages(success({{"groups", {{{"rules", {{{"type", "x"}}}}}}}}), {})
               .status()
               .code(),
           Code::kDataLoss);
  CHECK(rpc::rules_messages(success({{"groups", nullptr}}), {})->empty());
  CHECK_EQ(rpc::targets_messages(success({{"activeTargets", 1}}), {})->size(), 1);
  CHECK(rpc::metadata_messages(success({{"x", nullptr}})).ok());
  CHECK(rpc::tsdb_statistics_messages(success({{"headStats", {{"numSeries", 1e300}}}}), -1).ok());
}
