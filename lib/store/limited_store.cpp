// SPDX-License-Identifier: Apache-2.0
#include "store/limited_store.hpp"

#include <string>
#include <utility>

namespace mnemo {
namespace {

constexpr uint64_t kMaxSamplesPerChunk = 120;

struct Counts {
  explicit Counts(std::shared_ptr<Metrics> shared) : metrics(std::move(shared)) {
    auto dropped = [&](const char* reason) {
      return &metrics->counter(
          "thanos_store_selects_dropped_total",
          "Number of select queries that were dropped due to configured limits.",
          {{"reason", reason}});
    };
    dropped_by_series = dropped("series");
    dropped_by_chunks = dropped("chunks");
    series = &metrics->histogram("thanos_store_server_series_requested",
                                 "Number of requested series for Series calls",
                                 {1, 10, 100, 1000, 10000, 100000, 1000000});
    chunks = &metrics->histogram("thanos_store_server_chunks_requested",
                                 "Number of requested chunks for Series calls",
                                 {1, 100, 1000, 10000, 100000, 10000000, 100000000, 1000000000});
    pending = &metrics->gauge("thanos_store_server_pending_series_requests",
                              "Number of pending series requests");
  }

  std::shared_ptr<Metrics> metrics;
  Counter* dropped_by_series;
  Counter* dropped_by_chunks;
  HistogramMetric* series;
  HistogramMetric* chunks;
  Gauge* pending;
};

Status violated(const char* what, uint64_t limit, uint64_t got) {
  return Status::resource_exhausted("failed to send " + std::string(what) + ": limit " +
                                    std::to_string(limit) + " violated (got " +
                                    std::to_string(got) + ")");
}

class LimitedStream final : public SeriesStream {
 public:
  LimitedStream(std::unique_ptr<SeriesStream> stream, StoreLimits limits,
                std::shared_ptr<Counts> counts)
      : stream_(std::move(stream)), limits_(limits), counts_(std::move(counts)) {
    counts_->pending->add(1);
  }

  ~LimitedStream() override {
    counts_->pending->add(-1);
    counts_->series->observe(static_cast<double>(series_));
    counts_->chunks->observe(static_cast<double>(chunks_));
  }

  Result<bool> next(Series& series) override {
    MNEMO_TRY(bool more, stream_->next(series));
    if (!more) return false;
    ++series_;
    chunks_ += series.chunks.size();
    if (limits_.series != 0 && series_ > limits_.series) {
      counts_->dropped_by_series->increment();
      return violated("series", limits_.series, series_);
    }
    auto samples = chunks_ * kMaxSamplesPerChunk;
    if (limits_.samples != 0 && samples > limits_.samples) {
      counts_->dropped_by_chunks->increment();
      return violated("samples", limits_.samples, samples);
    }
    return true;
  }

  const std::vector<std::string>& warnings() const override { return stream_->warnings(); }
  std::vector<std::string> queried_blocks() const override { return stream_->queried_blocks(); }

 private:
  std::unique_ptr<SeriesStream> stream_;
  StoreLimits limits_;
  std::shared_ptr<Counts> counts_;
  uint64_t series_ = 0;
  uint64_t chunks_ = 0;
};

class LimitedStore final : public Store {
 public:
  LimitedStore(std::shared_ptr<Store> store, StoreLimits limits, std::shared_ptr<Metrics> metrics)
      : store_(std::move(store)),
        limits_(limits),
        counts_(std::make_shared<Counts>(std::move(metrics))) {}

  StoreInfo info() override { return store_->info(); }

  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override {
    MNEMO_TRY(auto stream, store_->series(context, request));
    return {std::make_unique<LimitedStream>(std::move(stream), limits_, counts_)};
  }

  Result<LabelsResponse> label_names(const Context& context,
                                     const LabelNamesRequest& request) override {
    return store_->label_names(context, request);
  }

  Result<LabelsResponse> label_values(const Context& context,
                                      const LabelValuesRequest& request) override {
    return store_->label_values(context, request);
  }

 private:
  std::shared_ptr<Store> store_;
  StoreLimits limits_;
  std::shared_ptr<Counts> counts_;
};

}  // namespace

std::shared_ptr<Store> make_limited_store(std::shared_ptr<Store> store, StoreLimits limits,
                                          std::shared_ptr<Metrics> metrics) {
  if (!metrics) metrics = std::make_shared<Metrics>();
  return std::make_shared<LimitedStore>(std::move(store), limits, std::move(metrics));
}

}  // namespace mnemo
