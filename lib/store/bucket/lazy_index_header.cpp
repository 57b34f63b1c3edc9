// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/lazy_index_header.hpp"

#include "store/bucket/index_header_file.hpp"

#include <system_error>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

std::vector<double> load_buckets() {
  return {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 30, 60, 90, 120, 300};
}

double seconds_since(LazyIndexHeader::Clock::time_point start) {
  return std::chrono::duration<double>(LazyIndexHeader::Clock::now() - start).count();
}

}  // namespace

IndexHeaderMetrics::IndexHeaderMetrics(Metrics& metrics)
    : download_seconds(
          metrics.histogram("thanos_bucket_store_indexheader_download_duration_seconds",
                            "Duration of the index-header download from objstore in seconds.",
                            {0.1, 0.2, 0.5, 1, 2, 5, 15, 30, 60, 90, 120, 300})),
      load_seconds(metrics.histogram("thanos_bucket_store_indexheader_load_duration_seconds",
                                     "Duration of the index-header loading in seconds.",
                                     load_buckets())),
      lazy_loads(metrics.counter("thanos_bucket_store_indexheader_lazy_load_total",
                                 "Total number of index-header lazy load operations.")),
      lazy_load_failures(
          metrics.counter("thanos_bucket_store_indexheader_lazy_load_failed_total",
                          "Total number of failed index-header lazy load operations.")),
      lazy_unloads(metrics.counter("thanos_bucket_store_indexheader_lazy_unload_total",
                                   "Total number of index-header lazy unload operations.")),
      lazy_unload_failures(
          metrics.counter("thanos_bucket_store_indexheader_lazy_unload_failed_total",
                          "Total number of failed index-header lazy unload operations.")),
      lazy_load_seconds(metrics.histogram(
          "thanos_bucket_store_indexheader_lazy_load_duration_seconds",
          "Duration of the index-header lazy loading in seconds.", load_buckets())) {}

Status LazyIndexHeader::prepare(const Context& context, const IndexHeaderOptions& options) {
  is_lazy_ = options.is_lazy;
  if (!is_lazy_) return get(context).status();
  std::error_code ignored;
  bool has_file = path_.empty() || std::filesystem::exists(path_, ignored);
  if (options.is_downloaded_lazily || has_file) return {};
  auto start = Clock::now();
  MNEMO_RETURN_IF_ERROR(write_index_header(context, *bucket_, object_, known_size_, path_));
  if (metrics_) metrics_->download_seconds.observe(seconds_since(start));
  return {};
}

Result<std::shared_ptr<const IndexHeader>> LazyIndexHeader::get(const Context& context) {
  auto known = [&] {
    std::lock_guard lock(mutex_);
    used_at_ = Clock::now();
    return header_;
  };
  if (auto header = known()) return header;
  std::lock_guard one_at_a_time(loading_);
  if (auto header = known()) return header;
  auto start = Clock::now();
  auto header = load(context);
  if (metrics_ && is_lazy_) {
    metrics_->lazy_loads.increment();
    if (header.ok()) metrics_->lazy_load_seconds.observe(seconds_since(start));
    if (!header.ok()) metrics_->lazy_load_failures.increment();
  }
  if (!header.ok()) return header;
  std::lock_guard lock(mutex_);
  header_ = *header;
  return header;
}

Result<std::shared_ptr<const IndexHeader>> LazyIndexHeader::load(const Context& context) {
  auto start = Clock::now();
  MNEMO_TRY(auto header, open_index_header(context, *bucket_, object_, known_size_, path_));
  if (metrics_) metrics_->load_seconds.observe(seconds_since(start));
  return std::make_shared<const IndexHeader>(std::move(header));
}

bool LazyIndexHeader::release_if_unused_since(Clock::time_point time) {
  std::shared_ptr<const IndexHeader> released;
  std::lock_guard lock(mutex_);
  if (!header_ || used_at_ > time) return false;
  released.swap(header_);
  if (metrics_) metrics_->lazy_unloads.increment();
  return true;
}

}  // namespace mnemo
