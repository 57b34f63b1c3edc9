// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/query_stats.hpp"

#include <string>
#include <vector>

namespace mnemo {
namespace {

Metrics::LabelMap tenant_label() { return {{"tenant", "default-tenant"}}; }

std::vector<double> exponential(double start, double factor, int count) {
  std::vector<double> buckets;
  for (double bound = start; count > 0; --count, bound *= factor) buckets.push_back(bound);
  return buckets;
}

Metrics::LabelMap of_type(const char* data_type) {
  return {{"data_type", data_type}, {"tenant", "default-tenant"}};
}

}  // namespace

BucketStoreMetrics::Fetched::Fetched(Metrics& metrics, const char* data_type)
    : items(metrics.histogram("thanos_bucket_store_series_data_fetched",
                              "Number of items of a data type retrieved to fulfill a single Store "
                              "API series request.",
                              exponential(200, 2, 15), of_type(data_type))),
      bytes(metrics.histogram("thanos_bucket_store_series_data_size_fetched_bytes",
                              "Total size of items of a data type fetched to fulfill a single "
                              "Store API series request in Bytes.",
                              exponential(1024, 2, 15), of_type(data_type))) {}

BucketStoreMetrics::BucketStoreMetrics(Metrics& metrics)
    : block_loads(metrics.counter("thanos_bucket_store_block_loads_total",
                                  "Total number of remote block loading attempts.")),
      block_load_failures(metrics.counter("thanos_bucket_store_block_load_failures_total",
                                          "Total number of failed remote block loading attempts.")),
      block_drops(metrics.counter("thanos_bucket_store_block_drops_total",
                                  "Total number of local blocks that were dropped.")),
      blocks_loaded(
          metrics.gauge("thanos_bucket_store_blocks_loaded", "Number of currently loaded blocks.")),
      last_loaded(metrics.gauge("thanos_bucket_store_blocks_last_loaded_timestamp_seconds",
                                "Timestamp when last block got loaded.")),
      block_load_seconds(metrics.histogram("thanos_bucket_store_block_load_duration_seconds",
                                           "The total time taken to load a block in seconds.",
                                           {0.1, 0.2, 0.5, 1, 2, 5, 15, 30, 60, 90, 120, 300})),
      blocks_queried(metrics.histogram("thanos_bucket_store_series_blocks_queried",
                                       "Number of blocks in a bucket store that were touched to "
                                       "satisfy a query.",
                                       exponential(1, 2, 10), tenant_label())),
      result_series(metrics.histogram("thanos_bucket_store_series_result_series",
                                      "Number of series observed in the final result of a query.",
                                      exponential(100, 2, 15), tenant_label())),
      postings(metrics, "postings"),
      series(metrics, "series"),
      chunks(metrics, "chunks") {}

QueryStats::~QueryStats() {
  if (!metrics) return;
  auto observe = [](HistogramMetric& metric, uint64_t value) {
    metric.observe(static_cast<double>(value));
  };
  observe(metrics->blocks_queried, blocks);
  observe(metrics->result_series, result_series);
  observe(metrics->postings.items, postings);
  observe(metrics->postings.bytes, postings_reads.bytes);
  observe(metrics->series.items, series);
  observe(metrics->series.bytes, series_reads.bytes);
  observe(metrics->chunks.items, chunks);
  observe(metrics->chunks.bytes, chunk_reads.bytes);
}

}  // namespace mnemo
