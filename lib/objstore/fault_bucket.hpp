// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>

#include "objstore/bucket_operation.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mnemo {

/// What goes wrong with a call to a `FaultBucket`.
enum class FaultKind {
  kFail,        // the call fails and nothing has happened
  kLoseAnswer,  // the call is carried out, and then reported as failed
  kCut,    // gets return half of the bytes; listings stop in the middle, without an error; puts
           // and removals behave as with kFail
  kDelay,  // the call is carried out after `delay`
};

/// Calls `first` to `last` (from 1, both included) of kind `operation` (nothing: of any kind) go
/// wrong.
struct Fault {
  std::optional<BucketOperation> operation;
  uint64_t first = 1;
  uint64_t last = std::numeric_limits<uint64_t>::max();
  FaultKind kind = FaultKind::kFail;
  Status status = Status::unavailable("injected fault");
  std::chrono::nanoseconds delay{0};
};

/// One call that a `FaultBucket` has seen.
struct BucketCall {
  BucketOperation operation;
  std::string name;  // the object, or the prefix of a listing
};

/// A bucket whose calls go wrong as asked, and which remembers all of them; for tests.
///
/// Thread-safe. Calls are numbered in the order in which they begin.
class FaultBucket final : public Bucket {
 public:
  explicit FaultBucket(std::shared_ptr<Bucket> bucket, std::vector<Fault> faults = {})
      : bucket_(std::move(bucket)), faults_(std::move(faults)) {}

  /// Replaces the faults and begins to count anew.
  void set_faults(std::vector<Fault> faults);
  std::vector<BucketCall> calls() const;
  uint64_t count() const;
  uint64_t count(BucketOperation operation) const;

  std::string name() const override { return bucket_->name(); }
  bool is_local() const override { return bucket_->is_local(); }
  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override;
  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) override;
  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override;
  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override;
  Status put(const Context& context, std::string_view name, Bytes data) override;
  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) override;
  Status remove(const Context& context, std::string_view name) override;

 private:
  std::optional<Fault> begin(BucketOperation operation, std::string_view name);
  Status run(const Context& context, BucketOperation operation, std::string_view name,
             const std::function<Status()>& call);
  Result<Bytes> run_get(const Context& context, BucketOperation operation, std::string_view name,
                        const std::function<Result<Bytes>()>& call);

  std::shared_ptr<Bucket> bucket_;
  mutable std::mutex mutex_;
  std::vector<Fault> faults_;
  std::vector<BucketCall> calls_;
};

}  // namespace mnemo
