// SPDX-License-Identifier: Apache-2.0
// `cancel_latency [RUNS]`: how long queries go on after they are cancelled. Each query is cancelled
// RUNS times by another thread, at moments all over the time that it takes, up to a second; printed
// are the median and the longest of the times until it has ended. Exit status: 0 done, 1 a query
// failed, 2 wrong usage.
#include "promql/memory_queryable.hpp"

#include <mnemo/executor.hpp>
#include <mnemo/histogram.hpp>
#include <mnemo/promql.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int64_t kInterval = 15'000;
constexpr int64_t kSamples = 1'000;
constexpr int kSeries = 5'000;

/// `m` has many series, `long` a single one with many samples, `nh` native histograms.
MemoryQueryable make_data() {
  MemoryQueryable data;
  std::mt19937_64 random(3);
  for (int i = 0; i < kSeries; ++i) {
    SampleColumn& column = data.series(
        {{"__name__", "m"}, {"group", std::to_string(i % 50)}, {"number", std::to_string(i)}});
    for (int64_t j = 0; j < kSamples; ++j) {
      column.append(j * kInterval, static_cast<double>(random() % 1000));
    }
  }
  SampleColumn& column = data.series({{"__name__", "long"}});
  for (int64_t i = 0; i < 1'000'000; ++i) column.append(i * 15, static_cast<double>(random()));
  for (int i = 0; i < 50; ++i) {
    SampleColumn& histograms = data.series({{"__name__", "nh"}, {"number", std::to_string(i)}});
    for (int64_t j = 0; j < kSamples; ++j) {
      auto histogram = std::make_shared<FloatHistogram>();
      histogram->positive_spans = {{0, 160}};
      histogram->positive_buckets.assign(160, static_cast<double>(j));
      histogram->count = 160 * static_cast<double>(j);
      histograms.append(j * kInterval, std::move(histogram));
    }
  }
  return data;
}

constexpr const char* kExpressions[] = {
    "m",
    "quantile_over_time(0.5, long[1h])",
    "rate(m[5m])",
    "sum by (group) (rate(m[5m]))",
    "quantile(0.9, m)",
    "topk(10, m)",
    "count_values(\"value\", m)",
    "m * m",
    "m * on (group) group_left sum by (group) (m)",
    "m unless on (group) m{number=~\"1.\"}",
    "label_replace(m, \"number\", \"$1-\", \"number\", \"(.*)\")",
    "info(m)",
    "absent_over_time(m[1h])",
    "max_over_time(sum(rate(m[5m]))[1h:15s])",
    "rate(nh[1h])",
    "histogram_quantile(0.9, sum(rate(nh[5m])))",
};

/// Some moment of a query is the moment at which it is cancelled.
struct Measured {
  Status status;
  std::optional<Milliseconds> latency;  // none where the query had ended before
};

Measured cancel_after(Milliseconds moment, const Engine& engine, MemoryQueryable& data,
                      const QueryRequest& request) {
  std::stop_source source;
  Clock::time_point cancelled;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(moment);
    cancelled = Clock::now();
    source.request_stop();
  });
  auto result = engine.query(Context(source.get_token()), data, request);
  auto ended = Clock::now();
  canceller.join();
  if (result.ok() && cancelled > ended) return {};
  bool is_cancelled = result.ok() || result.status().code() == Code::kCancelled;
  return {is_cancelled ? Status() : result.status(), ended - cancelled};
}

int measure(const char* name, const Engine& engine, MemoryQueryable& data, int runs) {
  int64_t end = (kSamples - 1) * kInterval;
  for (const char* expression : kExpressions) {
    QueryRequest request{expression, 0, end, kInterval, 0};
    auto begin = Clock::now();
    auto whole = engine.query(Context().with_timeout(std::chrono::seconds(1)), data, request);
    if (!whole.ok() && whole.status().code() != Code::kDeadlineExceeded) {
      std::fprintf(stderr, "%s: %s\n", expression, whole.status().to_string().c_str());
      return 1;
    }
    Milliseconds duration = Clock::now() - begin;
    std::vector<double> latencies;
    for (int run = 0; run < runs; ++run) {
      auto measured = cancel_after(duration * (run + 0.5) / runs, engine, data, request);
      if (!measured.status.ok()) {
        std::fprintf(stderr, "%s: %s\n", expression, measured.status.to_string().c_str());
        return 1;
      }
      if (measured.latency) latencies.push_back(measured.latency->count());
    }
    if (latencies.empty()) latencies.push_back(0);
    std::sort(latencies.begin(), latencies.end());
    std::printf("%-8s %8.0f ms, %3zu times: median %6.2f ms, longest %6.2f ms  %s\n", name,
                duration.count(), latencies.size(), latencies[latencies.size() / 2],
                latencies.back(), expression);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int runs = argc == 2 ? std::atoi(argv[1]) : 20;
  if (argc > 2 || runs < 1) {
    std::fprintf(stderr, "usage: cancel_latency [RUNS]\n");
    return 2;
  }
  MemoryQueryable data = make_data();
  EngineOptions options;
  options.enable_experimental_functions = true;
  if (measure("alone", Engine(options), data, runs) != 0) return 1;
  options.executor = make_thread_pool(2);
  return measure("threads", Engine(options), data, runs);
}
