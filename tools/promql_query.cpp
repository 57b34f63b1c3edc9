// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"

#include "api/parameters.hpp"
#include "api/result_json.hpp"
#include "query/block_queryable.hpp"
#include "tsdb/dump/dump.hpp"

#include <mnemo/promql.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools promql query";

struct QueryFlags {
  std::string tsdb;
  std::string time;
  std::string start;
  std::string end;
  std::string step;
  int64_t lookback_delta_ms = EngineOptions().lookback_delta_ms;
  bool experimental = false;
  bool delayed_name_removal = false;
  bool start_timestamps = false;
  bool stats = false;
  std::string expression;

  void declare(CommandLine& line) {
    line.text("tsdb", tsdb, "A block, or a data directory with blocks.");
    line.require("tsdb");
    line.text("time", time, "When an instant query is evaluated (default: now).");
    line.text("start", start, "First evaluation of a range query: RFC 3339, or Unix seconds.");
    line.text("end", end, "Last evaluation of a range query.");
    line.text("step", step, "Time between two evaluations: a duration, or seconds.");
    line.duration("query.lookback-delta", lookback_delta_ms,
                  "How far back a selector looks for a sample.");
    line.boolean("enable-experimental-functions", experimental,
                 "Allow functions that Prometheus has behind a feature flag.");
    line.boolean("enable-delayed-name-removal", delayed_name_removal,
                 "Drop metric names only when the query ends.");
    line.boolean("use-start-timestamps", start_timestamps,
                 "Let rates and resets go by samples' start timestamps.");
    line.boolean("stats", stats, "Print how long it took and how many samples were read.");
    line.argument("EXPR", expression, "The PromQL expression.");
  }
};

Result<QueryRequest> make_request(const QueryFlags& flags) {
  QueryRequest request;
  request.expression = flags.expression;
  bool range = !flags.start.empty() || !flags.end.empty() || !flags.step.empty();
  if (!range) {
    request.start_ms = now_ms();
    if (!flags.time.empty()) {
      MNEMO_TRY(request.start_ms, api::parse_time(flags.time).with_context("--time"));
    }
    request.end_ms = request.start_ms;
    return request;
  }
  if (!flags.time.empty() || flags.start.empty() || flags.end.empty() || flags.step.empty()) {
    return Status::invalid_argument(
        "a range query takes --start, --end and --step, an instant one --time");
  }
  MNEMO_TRY(request.start_ms, api::parse_time(flags.start).with_context("--start"));
  MNEMO_TRY(request.end_ms, api::parse_time(flags.end).with_context("--end"));
  MNEMO_TRY(request.step_ms, api::parse_duration(flags.step).with_context("--step"));
  if (request.step_ms <= 0) return Status::invalid_argument("--step must be positive");
  if (request.end_ms < request.start_ms) {
    return Status::invalid_argument("--end must not be before --start");
  }
  return request;
}

std::string to_json(const QueryResult& result, const QueryRequest& request,
                    std::chrono::duration<double> duration, bool with_stats) {
  std::string json = R"({"status":"success","data":{)";
  api::append_result(json, result, request.start_ms);
  if (with_stats) {
    json += fmt::format(
        R"(,"stats":{{"timings":{{"evalTotalTime":{:.6f}}},)"
        R"("samples":{{"totalQueryableSamples":{},"samplesRead":{},"peakSamples":{},"series":{}}}}})",
        duration.count(), result.statistics.queryable_samples,
        result.statistics.queryable_samples_read, result.statistics.peak_samples,
        result.statistics.series_selected);
  }
  json += '}';
  if (!result.warnings.empty()) {
    json += ",\"warnings\":";
    api::append_strings(json, result.warnings);
  }
  if (!result.infos.empty()) {
    json += ",\"infos\":";
    api::append_strings(json, result.infos);
  }
  return json + "}\n";
}

Status query(const QueryFlags& flags) {
  MNEMO_TRY(QueryRequest request, make_request(flags));
  request.count_samples = flags.stats;
  MNEMO_TRY(auto blocks, tsdb::open_blocks(flags.tsdb));
  BlockQueryable queryable(std::move(blocks));
  EngineOptions options;
  options.lookback_delta_ms = flags.lookback_delta_ms;
  options.enable_experimental_functions = flags.experimental;
  options.enable_delayed_name_removal = flags.delayed_name_removal;
  options.use_start_timestamps = flags.start_timestamps;
  auto begin = std::chrono::steady_clock::now();
  auto result = Engine(options).query(Context(), queryable, request);
  // A wrong expression isn't wrong usage of the command.
  if (!result) return Status::failed_precondition(result.status().message());
  auto json = to_json(*result, request, std::chrono::steady_clock::now() - begin, flags.stats);
  json += '\n';
  bool written = std::fwrite(json.data(), 1, json.size(), stdout) == json.size();
  if (written && std::fflush(stdout) == 0) return {};
  return Status::unavailable("cannot write to standard output");
}

}  // namespace

int run_promql_query(const std::vector<std::string>& arguments) {
  QueryFlags flags;
  CommandLine line(std::string(kName), "Evaluate an expression over local blocks.");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  auto status = query(flags);
  return status.ok() ? int{kDone} : report(kName, status);
}

}  // namespace mnemo::tools
