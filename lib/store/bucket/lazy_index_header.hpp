// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/context.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include "store/bucket/index_header.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace mnemo {

/// The metrics of index-headers, under Thanos' names. Thread-safe.
struct IndexHeaderMetrics {
  explicit IndexHeaderMetrics(Metrics& metrics);

  HistogramMetric& download_seconds;
  HistogramMetric& load_seconds;
  Counter& lazy_loads;
  Counter& lazy_load_failures;
  Counter& lazy_unloads;
  Counter& lazy_unload_failures;
  HistogramMetric& lazy_load_seconds;
};

/// How a store keeps its index-headers.
struct IndexHeaderOptions {
  std::filesystem::path data_dir;     // <data_dir>/<ULID>/index-header; empty: kept in memory
  bool is_lazy = false;               // mapped when a query needs it
  bool is_downloaded_lazily = false;  // and built only then
  std::chrono::milliseconds idle_timeout = std::chrono::minutes(5);  // 0: never released
};

/// The index-header of one block, which comes when it is needed and can be let go of when it isn't.
///
/// Thread-safe. Ownership: shares bucket and metrics; whoever got the header keeps it.
class LazyIndexHeader {
 public:
  using Clock = std::chrono::steady_clock;

  /// An empty `path` keeps the header in memory. `metrics` may be null.
  LazyIndexHeader(std::shared_ptr<Bucket> bucket, std::string object, uint64_t known_size,
                  std::filesystem::path path, std::shared_ptr<IndexHeaderMetrics> metrics)
      : bucket_(std::move(bucket)),
        object_(std::move(object)),
        known_size_(known_size),
        path_(std::move(path)),
        metrics_(std::move(metrics)) {}

  /// Does what is to be done when its block is loaded: maps the header, or only sees to it that its
  /// file is there, or nothing. Errors: those of `open_index_header`.
  Status prepare(const Context& context, const IndexHeaderOptions& options);

  /// The header, mapped (and built) where it isn't yet; one call at a time does that, and the next
  /// one tries again where it failed. Errors: as above.
  Result<std::shared_ptr<const IndexHeader>> get(const Context& context);

  /// Lets go of a header that nobody has asked for since `time`; whether it did.
  bool release_if_unused_since(Clock::time_point time);

  const std::string& object() const { return object_; }

 private:
  Result<std::shared_ptr<const IndexHeader>> load(const Context& context);

  std::shared_ptr<Bucket> bucket_;
  std::string object_;
  uint64_t known_size_;
  std::filesystem::path path_;
  std::shared_ptr<IndexHeaderMetrics> metrics_;
  bool is_lazy_ = false;
  std::mutex loading_;  // before mutex_
  std::mutex mutex_;
  std::shared_ptr<const IndexHeader> header_;  // guarded by mutex_, like the next
  Clock::time_point used_at_;
};

}  // namespace mnemo
