// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/query_stats.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

constexpr uint64_t kSamplesPerChunk = 120;

uint64_t chunks_for(uint64_t samples) {
  return samples == 0 ? 0 : std::max<uint64_t>(samples / kSamplesPerChunk, 1);
}

}  // namespace

QueryStats::QueryStats(std::shared_ptr<BucketStoreMetrics> to, const QueryLimits& limits)
    : metrics(std::move(to)),
      series_limit("series limit (--store.limits.request-series)", limits.series),
      chunk_limit("chunks limit (--store.limits.request-samples, 120 samples a chunk)",
                  chunks_for(limits.samples)),
      byte_limit("bytes limit (--store.grpc.downloaded-bytes-limit)", limits.downloaded_bytes) {
  for (auto* data : {&postings, &series, &chunks}) data->reads.limit = &byte_limit;
}

Status QueryStats::violation() const {
  for (const auto* limit : {&series_limit, &chunk_limit, &byte_limit}) {
    if (limit->is_violated()) return limit->violation();
  }
  return {};
}

QueryStats::~QueryStats() {
  if (!metrics) return;
  auto observe = [](HistogramMetric& metric, uint64_t value) {
    metric.observe(static_cast<double>(value));
  };
  auto observe_data = [&](const BucketStoreMetrics::DataType& to, const DataStats& data) {
    observe(to.touched, data.touched);
    observe(to.touched_bytes, data.touched_bytes);
    observe(to.fetched, data.fetched);
    observe(to.fetched_bytes, data.reads.bytes);
  };
  observe(metrics->blocks_queried, blocks);
  observe(metrics->result_series, result_series);
  observe_data(metrics->postings, postings);
  observe_data(metrics->series, series);
  observe_data(metrics->chunks, chunks);
  observe(metrics->postings_bytes, postings.touched_bytes);
  std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  metrics->get_all_seconds.observe(taken.count());
  if (series_limit.is_violated()) metrics->dropped_for_series.increment();
  if (chunk_limit.is_violated()) metrics->dropped_for_chunks.increment();
  if (byte_limit.is_violated()) metrics->dropped_for_bytes.increment();
}

}  // namespace mnemo
