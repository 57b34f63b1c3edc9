// SPDX-License-Identifier: Apache-2.0
// Requests to a real Thanos querier over the golden blocks, with its answers, asked of our API:
// block store, fan-out, deduplication, engine and JSON in one process.
#include "api/json_difference.hpp"
#include "api/query_api.hpp"
#include "store/fanout/fanout_store.hpp"
#include "store/local/block_store.hpp"
#include "support/golden.hpp"

#include <mnemo/block.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/promql.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;
using Json = nlohmann::json;
using Parameters = std::vector<std::pair<std::string, std::string>>;

namespace {

/// Our API over the raw golden blocks of the given roles, each block behind a fan-out.
class Querier {
 public:
  Querier(const std::filesystem::path& golden, const std::vector<std::string>& roles)
      : executor_(make_thread_pool(2)), engine_(EngineOptions()) {
    std::vector<std::shared_ptr<const Block>> blocks;
    for (const auto& role : roles) {
      for (const auto& ulid : golden_blocks(golden, role)) {
        auto block = Block::open(golden / "raw" / ulid);
        REQUIRE_MESSAGE(block.ok(), block.status().to_string());
        blocks.push_back(*block);
      }
    }
    auto store = std::make_shared<BlockStore>(std::move(blocks));
    FanoutOptions fanout;
    fanout.executor = executor_;
    api::QueryApiOptions options;
    options.store = std::make_shared<FanoutStore>(
        [store] {
          return std::vector<FanoutMember>{{"127.0.0.1:1", store, store->info()}};
        },
        fanout);
    options.evaluate = [this](const Context& context, Queryable& queryable,
                              const QueryRequest& request) {
      return engine_.query(context, queryable, request);
    };
    options.metrics = std::make_shared<Metrics>();
    options.replica_labels = {"replica"};
    api_ = std::make_unique<api::QueryApi>(std::move(options));
    api_->add_routes(router_, "/api/v1");
  }

  ServerResponse ask(const std::string& method, const std::string& path,
                     const Parameters& parameters) {
    ServerRequest request;
    request.method = method;
    request.path = path;
    for (const auto& [name, value] : parameters) request.form.add(name, value);
    return router_.route(Context(), request);
  }

 private:
  std::shared_ptr<Executor> executor_;
  Engine engine_;
  std::unique_ptr<api::QueryApi> api_;
  HttpRouter router_;
};

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The parameters of a request: an object, or a list of pairs.
Parameters parameters_of(const Json& json) {
  Parameters parameters;
  if (json.is_array()) {
    for (const auto& pair : json) parameters.emplace_back(text_of(pair[0]), text_of(pair[1]));
  } else {
    for (const auto& [name, value] : json.items()) parameters.emplace_back(name, text_of(value));
  }
  return parameters;
}

std::string value_of(const Parameters& parameters, const std::string& name) {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

std::string describe(const std::string& path, const Parameters& parameters) {
  std::string text = path;
  for (const auto& [name, value] : parameters) text += " " + name + "=" + value;
  return text;
}

/// Why a request is not replayed, or an empty text.
std::string reason_to_skip(const std::string& path, const Parameters& parameters) {
  auto query = value_of(parameters, "query");
  bool is_deduplicated = value_of(parameters, "dedup") != "false";
  if (path == "/api/v1/stores") return "names the endpoints and times of that run";
  if (query.rfind("resets(", 0) == 0) {
    return "Thanos adjusts counters before the engine, so that resets are always 0";
  }
  bool is_counter =
      query.find("rate(") != std::string::npos || query.find("increase(") != std::string::npos;
  if (is_counter && !is_deduplicated && query.find("http_requests_total") != std::string::npos) {
    return "Thanos adjusts counters without replicas, so that rates around a reset differ";
  }
  if ((path == "/api/v1/query") && value_of(parameters, "time").empty() &&
      (query == "1 + 2" || query == "\"s\"")) {
    return "is dated by the time of that run";
  }
  return {};
}

void replay(Querier& querier, const Json& row) {
  auto path = row.at("path").get<std::string>();
  auto parameters = parameters_of(row.at("params"));
  auto name = describe(path, parameters);
  if (auto reason = reason_to_skip(path, parameters); !reason.empty()) {
    MESSAGE("not replayed: " << name << ": " << reason);
    return;
  }
  CAPTURE(name);
  auto response = querier.ask(row.value("method", "GET"), path, parameters);
  CHECK_EQ(response.status, row.at("status").get<int>());
  const auto& want = row.at("body");
  if (want.is_string()) {
    CHECK_EQ(response.body, want.get<std::string>());
    return;
  }
  auto got = Json::parse(response.body, nullptr, false);
  CHECK_EQ(answer_difference(want, got), "");
}

}  // namespace

TEST_CASE("api replay: what a Thanos querier answered over the raw golden blocks") {
  auto golden = golden_dir();
  if (!golden) return;
  Querier querier(*golden, {"raw_a", "raw_b"});
  for (const auto& line : gzip_lines(*golden / "thanos-query-api.ndjson.gz")) {
    auto row = Json::parse(line);
    if (row.at("bucket") == "raw") replay(querier, row);
  }
}

TEST_CASE("api replay: formats of times, numbers and parameters, of a querier over replica a") {
  auto golden = golden_dir();
  if (!golden) return;
  Querier querier(*golden, {"raw_a"});
  for (const auto& line : gzip_lines(*golden / "http-other.ndjson.gz")) {
    auto row = Json::parse(line);
    auto path = row.at("path").get<std::string>();
    bool is_query = path == "/api/v1/query" || path == "/api/v1/query_range";
    // Label calls there reach into data that is newer than the golden blocks.
    if (row.at("server") == "thanos query over a sidecar" && is_query) replay(querier, row);
  }
}

TEST_CASE("api replay: what Prometheus 3.14 said of expressions and of the samples of a query") {
  auto golden = golden_dir();
  if (!golden) return;
  Querier querier(*golden, {"raw_a"});
  size_t replayed = 0;
  for (const auto& line : gzip_lines(*golden / "http-other.ndjson.gz")) {
    auto row = Json::parse(line);
    if (row.at("server") != "prometheus 3.14") continue;
    auto path = row.at("path").get<std::string>();
    auto parameters = parameters_of(row.at("params"));
    if (path == "/api/v1/format_query" || path == "/api/v1/parse_query") {
      replay(querier, row);
      ++replayed;
    } else if (!value_of(parameters, "stats").empty()) {
      auto response = querier.ask(row.value("method", "GET"), path, parameters);
      auto got = Json::parse(response.body, nullptr, false);
      const Json::json_pointer samples("/data/stats/samples/totalQueryableSamples");
      CHECK_EQ(got.at(samples), row.at("body").at(samples));
      ++replayed;
    }
  }
  CHECK_EQ(replayed, 4);
}
