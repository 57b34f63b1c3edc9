// SPDX-License-Identifier: Apache-2.0
#include "cache/remote_cache.hpp"

#include "base/gate.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <utility>

namespace mnemo::cache {
namespace {

std::vector<double> duration_buckets() {
  return {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 3, 6, 10};
}

std::vector<double> size_buckets() {
  return {32,        256,     512,      1024,      32 << 10, 256 << 10,
          512 << 10, 1 << 20, 32 << 20, 256 << 20, 512 << 20};
}

const char* failure_reason(const Status& failure) {
  switch (failure.code()) {
    case Code::kDeadlineExceeded: return "timeout";
    case Code::kUnavailable: return "network-error";
    case Code::kInternal: return "server-error";
    case Code::kInvalidArgument: return "malformed-key";
    default: return "other";
  }
}

/// Counts the operations of one kind.
class OperationMetrics {
 public:
  OperationMetrics(Metrics& metrics, const std::string& kind, const std::string& name,
                   const char* operation)
      : metrics_(metrics),
        kind_(kind),
        prefix_("thanos_" + kind + "_operation"),
        labels_({{"name", name}, {"operation", operation}}),
        total_(metrics.counter(prefix_ + "s_total",
                               "Total number of operations against " + kind + ".", labels_)),
        seconds_(metrics.histogram(prefix_ + "_duration_seconds",
                                   "Duration of operations against " + kind + ".",
                                   duration_buckets(), labels_)),
        bytes_(metrics.histogram(
            prefix_ + "_data_size_bytes",
            "Tracks the size of the data stored in and fetched from " + kind + ".", size_buckets(),
            labels_)) {
    for (const char* reason :
         {"timeout", "malformed-key", "server-error", "network-error", "other"}) {
      failures(reason);
    }
    skipped("max-item-size");
    if (std::string_view(operation) == "set") skipped("async-buffer-full");
  }

  void end(const Status& status, std::chrono::steady_clock::time_point start, uint64_t bytes) {
    total_.increment();
    if (!status.ok()) return failures(failure_reason(status)).increment();
    seconds_.observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    bytes_.observe(static_cast<double>(bytes));
  }

  void skip(const char* reason) { skipped(reason).increment(); }

 private:
  Counter& skipped(const char* reason) {
    return with_reason("_skipped", "have been skipped", reason);
  }
  Counter& failures(const char* reason) { return with_reason("_failures", "failed", reason); }

  Counter& with_reason(const std::string& suffix, const std::string& what, const char* reason) {
    auto labels = labels_;
    labels["reason"] = reason;
    return metrics_.counter(prefix_ + suffix + "_total",
                            "Total number of operations against " + kind_ + " that " + what + ".",
                            labels);
  }

  Metrics& metrics_;
  std::string kind_;
  std::string prefix_;
  Metrics::LabelMap labels_;
  Counter& total_;
  HistogramMetric& seconds_;
  HistogramMetric& bytes_;
};

class RemoteCache final : public Cache {
 public:
  RemoteCache(std::shared_ptr<RemoteClient> client, RemoteCacheOptions options)
      : client_(std::move(client)), options_(std::move(options)), breaker_(options_.breaker) {
    if (!options_.logger) options_.logger = null_logger();
    if (options_.metrics == nullptr) options_.metrics = &own_metrics_;
    auto& metrics = *options_.metrics;
    get_.emplace(metrics, options_.kind, options_.name, "getmulti");
    set_.emplace(metrics, options_.kind, options_.name, "set");
    Metrics::LabelMap labels = {{"name", options_.name}};
    gate_.emplace(options_.max_get_concurrency, metrics, "thanos_" + options_.kind + "_getmulti_",
                  labels, "gets");
    requests_ =
        &metrics.counter("thanos_cache_" + options_.kind + "_requests_total",
                         "Total number of items requests to " + options_.kind + ".", labels);
    hits_ =
        &metrics.counter("thanos_cache_" + options_.kind + "_hits_total",
                         "Total number of items requests to the cache that were a hit.", labels);
  }

  ~RemoteCache() override {
    stop_.request_stop();
    std::unique_lock lock(mutex_);
    waiting_.clear();
    done_.wait(lock, [&] { return running_ == 0; });
  }

  std::vector<std::optional<Bytes>> fetch(const Context& context,
                                          std::span<const std::string> keys) override {
    if (keys.empty()) return {};
    requests_->increment(static_cast<double>(keys.size()));
    auto pass = gate_->enter(context);
    if (!pass.ok()) return std::vector<std::optional<Bytes>>(keys.size());
    auto start = std::chrono::steady_clock::now();
    Status failure;
    auto found = client_->get(context, keys, failure);
    uint64_t bytes = 0;
    for (const auto& value : found) {
      if (!value) continue;
      hits_->increment();
      bytes += value->size();
    }
    if (!context.stopped()) {
      get_->end(failure, start, bytes);
      if (!failure.ok()) {
        options_.logger->debug("failed to fetch items from " + options_.kind,
                               {{"name", options_.name}, {"err", failure.message()}});
      }
    }
    return found;
  }

  void store(const std::string& key, const Bytes& value, Ttl ttl) override {
    if (options_.max_item_size > 0 && value.size() > options_.max_item_size) {
      return set_->skip("max-item-size");
    }
    bool starts = false;
    {
      std::lock_guard lock(mutex_);
      bool is_full = waiting_.size() >= options_.max_async_buffer_size ||
                     waiting_bytes_ + value.size() > options_.max_async_bytes;
      if (is_full) return set_->skip("async-buffer-full");
      waiting_.push_back({key, value, ttl});
      waiting_bytes_ += value.size();
      starts = running_ < options_.max_async_concurrency;
      if (starts) ++running_;
    }
    if (starts) options_.executor->submit([this] { store_waiting(); });
  }

  void flush() override {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_ == 0 && waiting_.empty(); });
  }

 private:
  struct Waiting {
    std::string key;
    Bytes value;
    Ttl ttl;
  };

  void store_waiting() {
    while (true) {
      Waiting next;
      {
        std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
          --running_;
          done_.notify_all();
          return;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= next.value.size();
      }
      store_now(next);
    }
  }

  void store_now(const Waiting& item) {
    if (!breaker_.may_begin()) return;
    auto start = std::chrono::steady_clock::now();
    auto status = client_->set(Context(stop_.get_token()), item.key, item.value, item.ttl);
    breaker_.record(status.ok());
    set_->end(status, start, item.value.size());
    if (status.ok()) return;
    options_.logger->debug("failed to store item to " + options_.kind,
                           {{"name", options_.name}, {"err", status.message()}});
  }

  std::shared_ptr<RemoteClient> client_;
  RemoteCacheOptions options_;
  CircuitBreaker breaker_;
  Metrics own_metrics_;
  std::optional<OperationMetrics> get_;
  std::optional<OperationMetrics> set_;
  std::optional<Gate> gate_;
  Counter* requests_ = nullptr;
  Counter* hits_ = nullptr;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::deque<Waiting> waiting_;
  uint64_t waiting_bytes_ = 0;
  size_t running_ = 0;
};

}  // namespace

std::shared_ptr<Cache> make_remote_cache(std::shared_ptr<RemoteClient> client,
                                         RemoteCacheOptions options) {
  return std::make_shared<RemoteCache>(std::move(client), std::move(options));
}

}  // namespace mnemo::cache
