// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "store/external_labels.hpp"
#include "store/prometheus/frame_reader.hpp"
#include "store/series_order.hpp"
#include "store/shard.hpp"

#include <mnemo/metrics.hpp>
#include <mnemo/store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mnemo {

/// How the series of a remote read become those of a store.
struct PrometheusStreamOptions {
  LabelFinisher finisher;
  /// The server's external labels, which it adds to series without a label of that name.
  Labels external;
  /// Whether series may have labels of their own that finishing replaces or leaves out.
  bool rewrites = false;
  std::optional<ShardInfo> shard;
  int64_t limit = 0;
  size_t max_frame_bytes = 0;
  size_t max_held_bytes = 0;
  std::shared_ptr<Metrics> metrics;  // prometheus_store_received_frames; may be null
};

/// The series of a streamed remote read, put into the order of their finished labels. Receives only
/// while being pulled; holds as little as `SeriesOrder` allows, at most `max_held_bytes`.
class PrometheusStream final : public SeriesStream {
 public:
  PrometheusStream(std::unique_ptr<HttpTransfer> transfer, PrometheusStreamOptions options);
  ~PrometheusStream() override;
  PrometheusStream(const PrometheusStream&) = delete;
  PrometheusStream& operator=(const PrometheusStream&) = delete;

  Result<bool> next(Series& series) override;
  const std::vector<std::string>& warnings() const override { return warnings_; }

 private:
  using Chunks = std::vector<AggregateChunk>;
  using Order = SeriesOrder<Chunks>;

  /// Receives until some series is ready or all have come.
  Status receive();
  /// Adds the parts of series in a frame: the server splits long series over frames.
  Status take_frame(const Bytes& frame);
  Status finish_series();
  Order::Entry pop();
  Status check_order(const Labels& labels);

  PrometheusStreamOptions options_;
  std::unique_ptr<HttpTransfer> transfer_;
  FrameReader frames_;
  ShardMatcher shard_;
  Order order_;
  std::vector<std::string> external_names_;
  std::vector<Series> parts_;         // of the current frame
  std::optional<Series> unfinished_;  // more parts of it may come
  std::optional<Order::Entry> ahead_;
  bool ended_ = false;
  size_t held_bytes_ = 0;
  size_t frame_count_ = 0;
  int64_t given_ = 0;
  Labels last_;
  std::vector<std::string> warnings_;
};

}  // namespace mnemo
