// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/metrics.hpp>

#include "store/bucket/range_reader.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace mnemo {

/// The metrics of a bucket store, under Thanos' names. Thread-safe.
struct BucketStoreMetrics {
  explicit BucketStoreMetrics(Metrics& metrics);

  Counter& block_loads;
  Counter& block_load_failures;
  Counter& block_drops;
  Gauge& blocks_loaded;
  Gauge& last_loaded;
  HistogramMetric& block_load_seconds;
  HistogramMetric& blocks_queried;
  HistogramMetric& result_series;
  struct Fetched {
    Fetched(Metrics& metrics, const char* data_type);
    HistogramMetric& items;
    HistogramMetric& bytes;
  };
  Fetched postings;
  Fetched series;
  Fetched chunks;
};

/// What one query fetched; told to the metrics when the last stream of the query is gone.
/// Thread-safe.
struct QueryStats {
  explicit QueryStats(std::shared_ptr<BucketStoreMetrics> to) : metrics(std::move(to)) {}
  ~QueryStats();
  QueryStats(const QueryStats&) = delete;
  QueryStats& operator=(const QueryStats&) = delete;

  std::shared_ptr<BucketStoreMetrics> metrics;  // may be null
  std::atomic<uint64_t> blocks{0};
  std::atomic<uint64_t> postings{0};
  std::atomic<uint64_t> series{0};
  std::atomic<uint64_t> chunks{0};
  std::atomic<uint64_t> result_series{0};
  ReadCount postings_reads;
  ReadCount series_reads;
  ReadCount chunk_reads;
};

}  // namespace mnemo
