// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/queryable.hpp>
#include <mnemo/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mnemo {

/// How a query reads a store.
struct StoreQueryOptions {
  /// Make one series of those that differ in `replica_labels` only.
  bool deduplicate = true;
  std::vector<std::string> replica_labels;
  PartialResponse partial_response = PartialResponse::kWarn;
  /// The coarsest downsampled data to use; 0: raw only. Milliseconds.
  int64_t max_source_resolution_ms = 0;
  std::vector<std::vector<Matcher>> store_matchers;
  std::optional<ShardInfo> shard_info;
  int64_t response_batch_size = 64;
  /// For stores that can't leave out replica labels themselves: what sorting may take.
  size_t max_sort_bytes = size_t{1} << 30;
};

struct SeriesLabelsResponse {
  std::vector<Labels> series;  // sorted, unique
  std::vector<std::string> warnings;
};

/// PromQL's view of a store: picks aggregates and resolution by the function around a selector,
/// deduplicates replicas by Thanos' penalty algorithm, decodes chunks when samples are read.
///
/// Counters (under rate, increase, irate) that are deduplicated or downsampled are adjusted for
/// resets before; raw counters of a single replica are as they were written, so that resets stay
/// visible to PromQL. `resets` never sees adjusted raw samples.
///
/// Thread-safe.
class StoreQueryable final : public Queryable {
 public:
  StoreQueryable(std::shared_ptr<Store> store, StoreQueryOptions options);

  Result<std::unique_ptr<SelectedStream>> select(const Context& context,
                                                 const Selection& selection) override;

  /// The series that match any of `matcher_sets`; `limit` as in `SeriesRequest`, for each set.
  Result<SeriesLabelsResponse> series(const Context& context, TimeRange range,
                                      std::span<const std::vector<Matcher>> matcher_sets,
                                      int64_t limit) const;

  /// The label names, and the values of a label, of the series that match any of `matcher_sets`
  /// (none: all series).
  Result<LabelsResponse> label_names(const Context& context, TimeRange range,
                                     std::span<const std::vector<Matcher>> matcher_sets,
                                     int64_t limit) const;
  Result<LabelsResponse> label_values(const Context& context, const std::string& label,
                                      TimeRange range,
                                      std::span<const std::vector<Matcher>> matcher_sets,
                                      int64_t limit) const;

 private:
  bool removes_replica_labels() const;
  Result<std::unique_ptr<SeriesStream>> open(const Context& context,
                                             const SeriesRequest& request) const;
  template <typename Request>
  void fill(Request& request, TimeRange range, int64_t limit) const;

  std::shared_ptr<Store> store_;
  StoreQueryOptions options_;
};

}  // namespace mnemo
