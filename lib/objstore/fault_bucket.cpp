// SPDX-License-Identifier: Apache-2.0
#include "objstore/fault_bucket.hpp"

#include <algorithm>

namespace mnemo {

void FaultBucket::set_faults(std::vector<Fault> faults) {
  std::lock_guard lock(mutex_);
  faults_ = std::move(faults);
  calls_.clear();
}

std::vector<BucketCall> FaultBucket::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

uint64_t FaultBucket::count() const {
  std::lock_guard lock(mutex_);
  return calls_.size();
}

uint64_t FaultBucket::count(BucketOperation operation) const {
  std::lock_guard lock(mutex_);
  return static_cast<uint64_t>(
      std::count_if(calls_.begin(), calls_.end(),
                    [&](const BucketCall& call) { return call.operation == operation; }));
}

/// Notes the call and gives the fault that concerns it.
std::optional<Fault> FaultBucket::begin(BucketOperation operation, std::string_view name) {
  std::lock_guard lock(mutex_);
  calls_.push_back({operation, std::string(name)});
  for (const auto& fault : faults_) {
    uint64_t number = calls_.size();
    if (fault.operation) {
      if (*fault.operation != operation) continue;
      number = static_cast<uint64_t>(
          std::count_if(calls_.begin(), calls_.end(),
                        [&](const BucketCall& call) { return call.operation == operation; }));
    }
    if (fault.first <= number && number <= fault.last) return fault;
  }
  return {};
}

Status FaultBucket::run(const Context& context, BucketOperation operation, std::string_view name,
                        const std::function<Status()>& call) {
  auto fault = begin(operation, name);
  if (!fault) return call();
  switch (fault->kind) {
    case FaultKind::kFail:
    case FaultKind::kCut: return fault->status;
    case FaultKind::kLoseAnswer: {
      auto ignored = call();
      static_cast<void>(ignored);
      return fault->status;
    }
    case FaultKind::kDelay: MNEMO_RETURN_IF_ERROR(context.sleep_for(fault->delay)); return call();
  }
  return fault->status;
}

Result<Bytes> FaultBucket::run_get(const Context& context, BucketOperation operation,
                                   std::string_view name,
                                   const std::function<Result<Bytes>()>& call) {
  auto fault = begin(operation, name);
  if (!fault) return call();
  switch (fault->kind) {
    case FaultKind::kFail:
    case FaultKind::kLoseAnswer: return fault->status;
    case FaultKind::kDelay: MNEMO_RETURN_IF_ERROR(context.sleep_for(fault->delay)); return call();
    case FaultKind::kCut: break;
  }
  MNEMO_TRY(auto bytes, call());
  return bytes.slice(0, bytes.size() / 2);
}

Status FaultBucket::list(const Context& context, std::string_view prefix, bool recursive,
                         const std::function<Status(const BucketEntry&)>& visit) {
  auto fault = begin(BucketOperation::kList, prefix);
  if (fault && fault->kind == FaultKind::kFail) return fault->status;
  if (fault && fault->kind == FaultKind::kDelay) {
    MNEMO_RETURN_IF_ERROR(context.sleep_for(fault->delay));
  }
  std::vector<BucketEntry> entries;
  MNEMO_RETURN_IF_ERROR(
      bucket_->list(context, prefix, recursive, [&](const BucketEntry& entry) -> Status {
        entries.push_back(entry);
        return {};
      }));
  bool cut = fault && fault->kind == FaultKind::kCut;
  if (cut) entries.resize(entries.size() / 2);
  for (const auto& entry : entries) MNEMO_RETURN_IF_ERROR(visit(entry));
  return fault && fault->kind == FaultKind::kLoseAnswer ? fault->status : Status();
}

Result<Bytes> FaultBucket::get(const Context& context, std::string_view name, uint64_t max_bytes) {
  return run_get(context, BucketOperation::kGet, name,
                 [&] { return bucket_->get(context, name, max_bytes); });
}

Result<Bytes> FaultBucket::get_range(const Context& context, std::string_view name, uint64_t offset,
                                     uint64_t length) {
  return run_get(context, BucketOperation::kGetRange, name,
                 [&] { return bucket_->get_range(context, name, offset, length); });
}

Result<ObjectAttributes> FaultBucket::attributes(const Context& context, std::string_view name) {
  ObjectAttributes found;
  MNEMO_RETURN_IF_ERROR(run(context, BucketOperation::kAttributes, name, [&]() -> Status {
    MNEMO_TRY(found, bucket_->attributes(context, name));
    return {};
  }));
  return found;
}

Status FaultBucket::put(const Context& context, std::string_view name, Bytes data) {
  return run(context, BucketOperation::kPut, name,
             [&] { return bucket_->put(context, name, data); });
}

Status FaultBucket::put_file(const Context& context, std::string_view name,
                             const std::filesystem::path& file) {
  return run(context, BucketOperation::kPut, name,
             [&] { return bucket_->put_file(context, name, file); });
}

Status FaultBucket::remove(const Context& context, std::string_view name) {
  return run(context, BucketOperation::kRemove, name,
             [&] { return bucket_->remove(context, name); });
}

}  // namespace mnemo
