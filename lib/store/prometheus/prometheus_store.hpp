// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/prometheus/prometheus_api.hpp"

#include <mnemo/metrics.hpp>
#include <mnemo/store.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace mnemo {

struct PrometheusStoreOptions {
  std::string component_type = "sidecar";
  /// Earliest time to serve (milliseconds), asked at every call; null: no limit.
  std::function<int64_t()> min_time;
  size_t max_frame_bytes = 50'000'000;    // as Thanos
  size_t max_held_bytes = 512U << 20;     // of one call, held to be sorted
  size_t max_sampled_bytes = 256U << 20;  // of an answer of a server that can't stream chunks
  std::shared_ptr<Metrics> metrics;       // prometheus_store_received_frames; may be null
};

/// A store over a Prometheus server: series by remote read, labels by its HTTP API.
///
/// Thread-safe. Ownership: shares the API; streams live independently of the store.
/// Serves nothing (Unavailable) before the first `refresh`. Works with every server that speaks
/// remote read; chunks are streamed as the server holds them, in little memory, and come through
/// undecoded.
/// A selection in which every matcher matches the empty value finds only series with a metric name
/// in `skip_chunks` calls and label calls, since the server's API demands such a matcher.
class PrometheusStore final : public Store {
 public:
  PrometheusStore(std::shared_ptr<PrometheusApi> api, PrometheusStoreOptions options);

  /// Reads the server's external labels, version and oldest sample again. What is under way goes on
  /// with what it began with. A failure changes nothing.
  Status refresh(const Context& context);

  /// As of the last refresh.
  Labels external_labels() const;
  std::string version() const;
  /// What can be asked for: from the server's oldest sample or the option's limit on.
  TimeRange range() const;

  StoreInfo info() override;
  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override;
  Result<LabelsResponse> label_names(const Context& context,
                                     const LabelNamesRequest& request) override;
  Result<LabelsResponse> label_values(const Context& context,
                                      const LabelValuesRequest& request) override;

 private:
  /// What a refresh found.
  struct Server {
    Labels external;
    std::string version;
    int64_t lowest_time = kMinTime;
  };

  Result<std::shared_ptr<const Server>> server() const;
  TimeRange range_of(const Server* server) const;
  /// Whether finishing may change labels that series of that time have of their own.
  bool may_rewrite(const Context& context, const class LabelFinisher& finisher,
                   const std::vector<std::string>& without, TimeRange range) const;
  Result<std::unique_ptr<SeriesStream>> labels_only(const Context& context,
                                                    const class LabelFinisher& finisher,
                                                    const SeriesRequest& request,
                                                    const std::vector<Matcher>& matchers) const;

  const std::shared_ptr<PrometheusApi> api_;
  const PrometheusStoreOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Server> server_;
};

}  // namespace mnemo
