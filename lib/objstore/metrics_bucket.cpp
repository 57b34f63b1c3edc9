// SPDX-License-Identifier: Apache-2.0
#include "objstore/metrics_bucket.hpp"

#include "objstore/bucket_operation.hpp"

#include <chrono>
#include <map>
#include <string>
#include <system_error>
#include <vector>

namespace mnemo {
namespace {

std::vector<double> duration_buckets() {
  return {0.001, 0.01, 0.1, 0.3, 0.6, 1, 3, 6, 9, 20, 30, 60, 90, 120};
}

/// 32 KiB, 64 KiB, ... 1 GiB.
std::vector<double> size_buckets() {
  std::vector<double> buckets;
  for (double size = 32768; buckets.size() < 16; size *= 2) buckets.push_back(size);
  return buckets;
}

struct OperationMetrics {
  Counter* total;
  Counter* failures;
  HistogramMetric* duration;
  Counter* fetched_bytes = nullptr;
  HistogramMetric* transferred_bytes = nullptr;
};

OperationMetrics register_operation(Metrics& metrics, const std::string& bucket,
                                    BucketOperation operation) {
  Metrics::LabelMap labels = {{"bucket", bucket},
                              {"operation", std::string(bucket_operation_name(operation))}};
  OperationMetrics result;
  result.total =
      &metrics.counter("thanos_objstore_bucket_operations_total",
                       "Total number of all attempted operations against a bucket.", labels);
  result.failures = &metrics.counter(
      "thanos_objstore_bucket_operation_failures_total",
      "Total number of operations against a bucket that failed, but were not expected to fail in "
      "certain way from caller perspective. Those errors have to be investigated.",
      labels);
  result.duration = &metrics.histogram(
      "thanos_objstore_bucket_operation_duration_seconds",
      "Duration of successful operations against the bucket per operation - iter operations "
      "include time spent on each callback.",
      duration_buckets(), labels);
  bool is_get = operation == BucketOperation::kGet || operation == BucketOperation::kGetRange;
  if (!is_get && operation != BucketOperation::kPut) return result;
  result.fetched_bytes =
      &metrics.counter("thanos_objstore_bucket_operation_fetched_bytes_total",
                       "Total number of bytes fetched from bucket, per operation.", labels);
  result.transferred_bytes = &metrics.histogram(
      "thanos_objstore_bucket_operation_transferred_bytes",
      "Number of bytes transferred from/to bucket per operation.", size_buckets(), labels);
  return result;
}

/// Counts one call: its start, its end, its outcome.
class Call {
 public:
  explicit Call(const OperationMetrics& metrics) : metrics_(metrics) { metrics.total->increment(); }

  void end(const Status& status) const {
    if (status.ok()) {
      std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start_;
      metrics_.duration->observe(taken.count());
    } else if (status.code() != Code::kNotFound && status.code() != Code::kCancelled) {
      metrics_.failures->increment();
    }
  }

  void end_fetch(const Result<Bytes>& result) const {
    end(result.status());
    if (!result.ok()) return;
    metrics_.fetched_bytes->increment(static_cast<double>(result->size()));
    metrics_.transferred_bytes->observe(static_cast<double>(result->size()));
  }

 private:
  const OperationMetrics& metrics_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class MetricsBucket final : public Bucket {
 public:
  MetricsBucket(std::shared_ptr<Bucket> bucket, Metrics& metrics) : bucket_(std::move(bucket)) {
    auto label = bucket_->name();
    for (auto operation : kBucketOperations) {
      operations_.emplace(operation, register_operation(metrics, label, operation));
    }
    last_upload_ = &metrics.gauge("thanos_objstore_bucket_last_successful_upload_time",
                                  "Second timestamp of the last successful upload to the bucket.",
                                  {{"bucket", label}});
  }

  std::string name() const override { return bucket_->name(); }
  bool is_local() const override { return bucket_->is_local(); }

  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override {
    auto call = begin(BucketOperation::kList);
    auto status = bucket_->list(context, prefix, recursive, visit);
    call.end(status);
    return status;
  }

  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) override {
    auto call = begin(BucketOperation::kGet);
    auto result = bucket_->get(context, name, max_bytes);
    call.end_fetch(result);
    return result;
  }

  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    auto call = begin(BucketOperation::kGetRange);
    auto result = bucket_->get_range(context, name, offset, length);
    call.end_fetch(result);
    return result;
  }

  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    auto call = begin(BucketOperation::kAttributes);
    auto result = bucket_->attributes(context, name);
    call.end(result.status());
    return result;
  }

  Status put(const Context& context, std::string_view name, Bytes data) override {
    auto call = begin(BucketOperation::kPut);
    auto size = data.size();
    auto status = bucket_->put(context, name, std::move(data));
    end_put(call, status, size);
    return status;
  }

  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) override {
    auto call = begin(BucketOperation::kPut);
    std::error_code error;
    auto size = std::filesystem::file_size(file, error);
    auto status = bucket_->put_file(context, name, file);
    end_put(call, status, error ? 0 : size);
    return status;
  }

  Status remove(const Context& context, std::string_view name) override {
    auto call = begin(BucketOperation::kRemove);
    auto status = bucket_->remove(context, name);
    call.end(status);
    return status;
  }

 private:
  Call begin(BucketOperation operation) const { return Call(operations_.at(operation)); }

  void end_put(const Call& call, const Status& status, uint64_t size) const {
    call.end(status);
    if (!status.ok()) return;
    operations_.at(BucketOperation::kPut).transferred_bytes->observe(static_cast<double>(size));
    std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    last_upload_->set(now.count());
  }

  std::shared_ptr<Bucket> bucket_;
  std::map<BucketOperation, OperationMetrics> operations_;
  Gauge* last_upload_;
};

}  // namespace

std::shared_ptr<Bucket> make_metrics_bucket(std::shared_ptr<Bucket> bucket, Metrics& metrics) {
  return std::make_shared<MetricsBucket>(std::move(bucket), metrics);
}

}  // namespace mnemo
