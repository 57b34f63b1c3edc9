// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/metrics.hpp>

namespace mnemo {

/// The metrics of a bucket store, under Thanos' names. Thread-safe.
struct BucketStoreMetrics {
  explicit BucketStoreMetrics(Metrics& metrics);

  Counter& block_loads;
  Counter& block_load_failures;
  Counter& block_drops;
  Counter& block_drop_failures;
  Gauge& blocks_loaded;
  Gauge& last_loaded;
  HistogramMetric& block_load_seconds;
  HistogramMetric& blocks_queried;
  HistogramMetric& result_series;
  HistogramMetric& get_all_seconds;
  HistogramMetric& merge_seconds;
  HistogramMetric& sent_chunk_bytes;
  HistogramMetric& postings_bytes;
  Counter& dropped_for_series;
  Counter& dropped_for_chunks;
  Counter& dropped_for_bytes;
  Counter& series_refetches;
  Counter& chunk_refetches;
  Counter& empty_postings;

  struct DataType {
    DataType(Metrics& metrics, const char* data_type);
    HistogramMetric& touched;
    HistogramMetric& touched_bytes;
    HistogramMetric& fetched;
    HistogramMetric& fetched_bytes;
  };
  DataType postings;
  DataType series;
  DataType chunks;

  struct Codec {
    Codec(Metrics& metrics, const char* operation);
    Counter& runs;
    Counter& errors;
    Counter& seconds;
  };
  Codec encode;
  Codec decode;
  Counter& cached_postings_plain_bytes;
  Counter& cached_postings_compressed_bytes;

  Counter& lazy_selections;
  Counter& lazy_groups_for_keys;
  Counter& lazy_groups_for_size;
  Counter& lazy_group_bytes;
  Counter& lazy_overfetched_bytes;
};

}  // namespace mnemo
