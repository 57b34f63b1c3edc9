// SPDX-License-Identifier: Apache-2.0
// `answer_queries [--delayed-name-removal] DIR`: answers the queries on standard input over the
// blocks in a directory, each as Prometheus' HTTP API does, on a line of standard output. A query
// is a JSON object on a line: `query`, and `time`, or `start`, `end` and `step`, in milliseconds,
// and `stats` for the samples. Experimental functions are enabled. Exit status: 0 all answered, 1
// no blocks or no query on a line, 2 wrong usage.
#include "api/response.hpp"
#include "api/result_json.hpp"
#include "query/block_queryable.hpp"
#include "tsdb/dump/dump.hpp"

#include <mnemo/context.hpp>
#include <mnemo/promql.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

using namespace mnemo;
using nlohmann::json;

namespace {

constexpr std::chrono::seconds kLongest{60};  // for a query

std::optional<QueryRequest> request_of(const std::string& line) {
  auto parsed = json::parse(line, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("query")) return {};
  QueryRequest request;
  request.expression = parsed["query"].get<std::string>();
  request.count_samples = parsed.contains("stats");
  if (parsed.contains("time")) {
    request.start_ms = request.end_ms = parsed["time"].get<int64_t>();
  } else {
    request.start_ms = parsed.value("start", int64_t{0});
    request.end_ms = parsed.value("end", int64_t{0});
    request.step_ms = parsed.value("step", int64_t{1});
  }
  return request;
}

/// The envelope of the API, with warnings and infos apart as in Prometheus.
std::string answer(const Engine& engine, Queryable& queryable, const QueryRequest& request) {
  auto result = engine.query(Context().with_timeout(kLongest), queryable, request);
  if (!result) return api::to_response(result.status()).body;
  std::string text = "{\"status\":\"success\",\"data\":{";
  api::append_result(text, *result, request.start_ms);
  if (request.count_samples) {
    text += ",\"samples\":" + json(result->statistics.queryable_samples_per_step).dump();
  }
  text += "},\"warnings\":";
  api::append_strings(text, result->warnings);
  text += ",\"infos\":";
  api::append_strings(text, result->infos);
  return text + "}";
}

int run(const char* directory, bool delayed_name_removal) {
  auto blocks = tsdb::open_blocks(directory);
  if (!blocks) {
    std::fprintf(stderr, "answer_queries: %s\n", blocks.status().to_string().c_str());
    return 1;
  }
  BlockQueryable queryable(*std::move(blocks));
  EngineOptions options;
  options.enable_experimental_functions = true;
  options.enable_delayed_name_removal = delayed_name_removal;
  Engine engine(options);
  for (std::string line; std::getline(std::cin, line);) {
    auto request = request_of(line);
    if (!request) {
      std::fprintf(stderr, "answer_queries: no query: %s\n", line.c_str());
      return 1;
    }
    std::puts(answer(engine, queryable, *request).c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool delayed = argc == 3 && std::string_view(argv[1]) == "--delayed-name-removal";
  if (argc == 2 || delayed) return run(argv[argc - 1], delayed);
  std::fprintf(stderr, "usage: answer_queries [--delayed-name-removal] DIR < queries\n");
  return 2;
}
