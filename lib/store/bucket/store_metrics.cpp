// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/store_metrics.hpp"

#include <string>
#include <vector>

namespace mnemo {
namespace {

constexpr char kTenant[] = "default-tenant";

Metrics::LabelMap tenant_label() { return {{"tenant", kTenant}}; }

Metrics::LabelMap with_tenant(const char* name, const char* value) {
  return {{name, value}, {"tenant", kTenant}};
}

std::vector<double> exponential(double start, double factor, int count) {
  std::vector<double> buckets;
  for (double bound = start; count > 0; --count, bound *= factor) buckets.push_back(bound);
  return buckets;
}

std::vector<double> durations() {
  return {0.001, 0.01, 0.1, 0.3, 0.6, 1, 3, 6, 9, 20, 30, 60, 90, 120};
}

}  // namespace

BucketStoreMetrics::DataType::DataType(Metrics& metrics, const char* data_type)
    : touched(metrics.histogram("thanos_bucket_store_series_data_touched",
                                "Number of items of a data type touched to fulfill a single Store "
                                "API series request.",
                                exponential(200, 2, 15), with_tenant("data_type", data_type))),
      touched_bytes(metrics.histogram(
          "thanos_bucket_store_series_data_size_touched_bytes",
          "Total size of items of a data type touched to fulfill a single Store API series request "
          "in Bytes.",
          exponential(1024, 2, 15), with_tenant("data_type", data_type))),
      fetched(metrics.histogram("thanos_bucket_store_series_data_fetched",
                                "Number of items of a data type retrieved to fulfill a single "
                                "Store API series request.",
                                exponential(200, 2, 15), with_tenant("data_type", data_type))),
      fetched_bytes(metrics.histogram(
          "thanos_bucket_store_series_data_size_fetched_bytes",
          "Total size of items of a data type fetched to fulfill a single Store API series request "
          "in Bytes.",
          exponential(1024, 2, 15), with_tenant("data_type", data_type))) {}

BucketStoreMetrics::Codec::Codec(Metrics& metrics, const char* operation)
    : runs(metrics.counter("thanos_bucket_store_cached_postings_compressions_total",
                           "Number of postings compressions before storing to index cache.",
                           with_tenant("op", operation))),
      errors(metrics.counter("thanos_bucket_store_cached_postings_compression_errors_total",
                             "Number of postings compression errors.",
                             with_tenant("op", operation))),
      seconds(metrics.counter(
          "thanos_bucket_store_cached_postings_compression_time_seconds_total",
          "Time spent compressing postings before storing them into postings cache.",
          with_tenant("op", operation))) {}

BucketStoreMetrics::BucketStoreMetrics(Metrics& metrics)
    : block_loads(metrics.counter("thanos_bucket_store_block_loads_total",
                                  "Total number of remote block loading attempts.")),
      block_load_failures(metrics.counter("thanos_bucket_store_block_load_failures_total",
                                          "Total number of failed remote block loading attempts.")),
      block_drops(metrics.counter("thanos_bucket_store_block_drops_total",
                                  "Total number of local blocks that were dropped.")),
      block_drop_failures(
          metrics.counter("thanos_bucket_store_block_drop_failures_total",
                          "Total number of local blocks that failed to be dropped.")),
      blocks_loaded(
          metrics.gauge("thanos_bucket_store_blocks_loaded", "Number of currently loaded blocks.")),
      last_loaded(metrics.gauge("thanos_bucket_store_blocks_last_loaded_timestamp_seconds",
                                "Timestamp when last block got loaded.")),
      block_load_seconds(metrics.histogram("thanos_bucket_store_block_load_duration_seconds",
                                           "The total time taken to load a block in seconds.",
                                           {0.1, 0.2, 0.5, 1, 2, 5, 15, 30, 60, 90, 120, 300})),
      blocks_queried(metrics.histogram(
          "thanos_bucket_store_series_blocks_queried",
          "Number of blocks in a bucket store that were touched to satisfy a query.",
          exponential(1, 2, 10), tenant_label())),
      result_series(metrics.histogram("thanos_bucket_store_series_result_series",
                                      "Number of series observed in the final result of a query.",
                                      exponential(100, 2, 15), tenant_label())),
      get_all_seconds(metrics.histogram(
          "thanos_bucket_store_series_get_all_duration_seconds",
          "Time it takes until all per-block prepares and loads for a query are finished.",
          durations(), tenant_label())),
      merge_seconds(metrics.histogram(
          "thanos_bucket_store_series_merge_duration_seconds",
          "Time it takes to merge sub-results from all queried blocks into a single result.",
          durations(), tenant_label())),
      sent_chunk_bytes(metrics.histogram("thanos_bucket_store_sent_chunk_size_bytes",
                                         "Size in bytes of the chunks for the single series, which "
                                         "is adequate to the gRPC message size sent to querier.",
                                         {32, 256, 512, 1024, 32 << 10, 256 << 10, 512 << 10,
                                          1 << 20, 32 << 20, 256 << 20, 512 << 20},
                                         tenant_label())),
      postings_bytes(metrics.histogram("thanos_bucket_store_postings_size_bytes",
                                       "Size in bytes of the postings for a single series call.",
                                       {32, 256, 512, 1024, 32 << 10, 256 << 10, 512 << 10, 1 << 20,
                                        32 << 20, 256 << 20, 512 << 20},
                                       tenant_label())),
      dropped_for_series(metrics.counter("thanos_bucket_store_queries_dropped_total",
                                         "Number of queries that were dropped due to the limit.",
                                         with_tenant("reason", "series"))),
      dropped_for_chunks(metrics.counter("thanos_bucket_store_queries_dropped_total",
                                         "Number of queries that were dropped due to the limit.",
                                         with_tenant("reason", "chunks"))),
      dropped_for_bytes(metrics.counter("thanos_bucket_store_queries_dropped_total",
                                        "Number of queries that were dropped due to the limit.",
                                        with_tenant("reason", "bytes"))),
      series_refetches(
          metrics.counter("thanos_bucket_store_series_refetches_total",
                          "Total number of cases where configured estimated series bytes was not "
                          "enough was to fetch series from index, resulting in refetch.",
                          tenant_label())),
      chunk_refetches(
          metrics.counter("thanos_bucket_store_chunk_refetches_total",
                          "Total number of cases where configured estimated chunk bytes was not "
                          "enough was to fetch chunks from object store, resulting in refetch.",
                          tenant_label())),
      empty_postings(metrics.counter("thanos_bucket_store_empty_postings_total",
                                     "Total number of empty postings when fetching block series.",
                                     tenant_label())),
      postings(metrics, "postings"),
      series(metrics, "series"),
      chunks(metrics, "chunks"),
      encode(metrics, "encode"),
      decode(metrics, "decode"),
      cached_postings_plain_bytes(
          metrics.counter("thanos_bucket_store_cached_postings_original_size_bytes_total",
                          "Original size of postings stored into cache.", tenant_label())),
      cached_postings_compressed_bytes(
          metrics.counter("thanos_bucket_store_cached_postings_compressed_size_bytes_total",
                          "Compressed size of postings stored into cache.", tenant_label())),
      lazy_selections(metrics.counter(
          "thanos_bucket_store_lazy_expanded_postings_total",
          "Total number of times when lazy expanded posting optimization applies.")),
      lazy_groups_for_keys(metrics.counter(
          "thanos_bucket_store_lazy_expanded_posting_groups_total",
          "Total number of posting groups that are marked as lazy and corresponding reason",
          {{"reason", "keys_limit"}})),
      lazy_groups_for_size(metrics.counter(
          "thanos_bucket_store_lazy_expanded_posting_groups_total",
          "Total number of posting groups that are marked as lazy and corresponding reason",
          {{"reason", "postings_size"}})),
      lazy_group_bytes(metrics.counter("thanos_bucket_store_lazy_expanded_posting_size_bytes_total",
                                       "Total number of lazy posting group size in bytes.")),
      lazy_overfetched_bytes(metrics.counter(
          "thanos_bucket_store_lazy_expanded_posting_series_overfetched_size_bytes_total",
          "Total number of series size in bytes overfetched due to posting lazy expansion.")) {}

}  // namespace mnemo
