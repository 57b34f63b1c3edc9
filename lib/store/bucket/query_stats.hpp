// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/bucket/limits.hpp"
#include "store/bucket/range_reader.hpp"
#include "store/bucket/store_metrics.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace mnemo {

/// What one query used of one kind of data. Thread-safe.
struct DataStats {
  std::atomic<uint64_t> touched{0};
  std::atomic<uint64_t> touched_bytes{0};
  std::atomic<uint64_t> fetched{0};  // of these, from the bucket
  ReadCount reads;

  void touch(uint64_t items, uint64_t bytes) {
    touched += items;
    touched_bytes += bytes;
  }
};

/// What one call used, and how much it may use; told to the metrics when the last stream of the
/// call is gone.
///
/// Thread-safe.
struct QueryStats {
  explicit QueryStats(std::shared_ptr<BucketStoreMetrics> to, const QueryLimits& limits = {});
  ~QueryStats();
  QueryStats(const QueryStats&) = delete;
  QueryStats& operator=(const QueryStats&) = delete;

  /// OK, or the limit that the call has passed, for which it must fail.
  Status violation() const;

  std::shared_ptr<BucketStoreMetrics> metrics;  // may be null
  Limit series_limit;
  Limit chunk_limit;
  Limit byte_limit;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  std::atomic<uint64_t> blocks{0};
  std::atomic<uint64_t> result_series{0};
  DataStats postings;
  DataStats series;
  DataStats chunks;
};

}  // namespace mnemo
