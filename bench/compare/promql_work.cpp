// SPDX-License-Identifier: Apache-2.0
//
// What bench/compare/promql needs made, and our side of it: queries through the library, in this
// process.
#include "dashboards.hpp"
#include "modes.hpp"

#include "query/block_queryable.hpp"
#include "tsdb/dump/dump.hpp"

#include <mnemo/block_writer.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/promql.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace mnemo;
using namespace mnemo::bench;

constexpr uint64_t kDays = 7;
constexpr uint64_t kDay = 24 * 60 * 60 * 1000;

/// data FOLDER: a block a day for a week; all series on the last day, a tenth of each family
/// before.
Status write_data(const std::vector<std::string>& args) {
  for (uint64_t day = 0; day < kDays; ++day) {
    BlockWriter writer({.folder = args[0], .ulid = {}});
    for (const auto& series : dashboard_series(day + 1 == kDays ? 1 : 10)) {
      MNEMO_TRY(auto number, writer.number_of(series.labels));
      DashboardSamples samples(series, day);
      for (uint64_t i = 0; i < kDay / kStep; ++i) {
        auto sample = samples.next();
        MNEMO_RETURN_IF_ERROR(writer.append(number, sample.time, sample.value));
      }
    }
    MNEMO_TRY(auto meta, writer.finish());
    fmt::print("{{\"ulid\": \"{}\", \"series\": {}, \"samples\": {}}}\n", meta.ulid.to_string(),
               meta.stats.num_series, meta.stats.num_samples);
  }
  return {};
}

/// What tells whether two answers are the same.
struct Digest {
  size_t series = 0;
  size_t points = 0;
  double sum = 0;  // of what is finite
};

Digest digest(const QueryResult& result) {
  Digest found;
  for (const auto& series : result.series) {
    ++found.series;
    found.points += series.samples.size();
    for (double value : series.samples.values) found.sum += std::isfinite(value) ? value : 0;
  }
  return found;
}

/// query FOLDER THREADS REPEATS: evaluates the lines of standard input, START END STEP (in
/// milliseconds) and the expression; prints a line of JSON each, with the shortest time.
Status run_queries(const std::vector<std::string>& args) {
  MNEMO_TRY(auto blocks, tsdb::open_blocks(args[0]));
  BlockQueryable queryable(std::move(blocks));
  EngineOptions options;
  options.max_samples = 500'000'000;
  size_t threads = std::stoull(args[1]);
  if (threads > 1) options.executor = make_thread_pool(threads - 1);  // the caller works along
  Engine engine(options);
  QueryRequest request;
  while (std::cin >> request.start_ms >> request.end_ms >> request.step_ms &&
         std::getline(std::cin >> std::ws, request.expression)) {
    double best = HUGE_VAL;
    Digest found;
    uint64_t samples = 0;
    for (size_t i = 0; i < std::stoull(args[2]); ++i) {
      auto begin = std::chrono::steady_clock::now();
      auto result = engine.query(Context(), queryable, request);
      std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      if (!result.ok()) return result.status().with_context(request.expression);
      best = std::min(best, took.count());
      found = digest(*result);
      samples = result->statistics.samples_read;
    }
    fmt::print(
        "{{\"seconds\": {}, \"series\": {}, \"points\": {}, \"sum\": {}, \"samples\": {}}}\n", best,
        found.series, found.points, found.sum, samples);
    std::fflush(stdout);
  }
  return {};
}

constexpr Mode kModes[] = {{"data", 1, write_data}, {"query", 3, run_queries}};

}  // namespace

int main(int argc, char** argv) {
  return run_mode(kModes, argc, argv,
                  "usage: data FOLDER\n"
                  "       query FOLDER THREADS REPEATS <QUERIES\n");
}
