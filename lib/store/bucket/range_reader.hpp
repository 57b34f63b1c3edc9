// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/status.hpp>

#include "store/bucket/limits.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mnemo {

struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;

  uint64_t end() const { return offset + length; }
};

/// One request that covers the elements [first, last) of a list of ranges.
struct RangePart {
  ByteRange range;
  size_t first = 0;
  size_t last = 0;
};

/// Copying more than this costs more than another read of a file.
inline constexpr uint64_t kMaxLocalGap = 64U << 10;

struct PartitionLimits {
  uint64_t max_gap = 512U << 10;  // unwanted bytes that are cheaper than another request
  uint64_t max_part = 16U << 20;  // bytes a request, unless one range alone is longer
};

/// The piece of a part's bytes that belongs to `range`, shorter where the bytes are.
Bytes piece_of(const RangePart& part, const Bytes& bytes, const ByteRange& range);

/// Groups ranges into requests. REQUIRES: `ranges` sorted by offset.
std::vector<RangePart> partition(std::span<const ByteRange> ranges, const PartitionLimits& limits);

/// What the reads of one call came to. Thread-safe.
struct ReadCount {
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> bytes{0};
  Limit* limit = nullptr;  // of bytes; null: none
};

/// Reads ranges of the objects of a bucket, neighbouring ones by one request, several requests at
/// once.
///
/// Thread-safe. REQUIRES: the bucket and the executor outlive it.
class RangeReader {
 public:
  RangeReader(std::shared_ptr<Bucket> bucket, std::shared_ptr<Executor> executor)
      : bucket_(std::move(bucket)), executor_(std::move(executor)) {
    if (bucket_->is_local()) limits_.max_gap = kMaxLocalGap;
  }

  /// The bytes of each range, which are fewer where the object ends before. Ranges may overlap.
  /// REQUIRES: `ranges` sorted by offset. Errors name the object.
  Result<std::vector<Bytes>> read(const Context& context, const std::string& object,
                                  std::span<const ByteRange> ranges, ReadCount& count) const;

  /// The same, handed to `visit` with their numbers as they come, from several threads at once, so
  /// that no more is in memory than is under way. The first failure of a visit ends it.
  using Visit = std::function<Status(size_t number, const Bytes& bytes)>;
  Status read_each(const Context& context, const std::string& object,
                   std::span<const ByteRange> ranges, ReadCount& count, const Visit& visit) const;

  /// The same, request by request: `visit` gets the bytes of a part, which may end early.
  using VisitPart = std::function<Status(const RangePart& part, const Bytes& bytes)>;
  Status read_parts(const Context& context, const std::string& object,
                    std::span<const ByteRange> ranges, ReadCount& count,
                    const VisitPart& visit) const;

  const std::shared_ptr<Bucket>& bucket() const { return bucket_; }
  Executor& executor() const { return *executor_; }

 private:
  std::shared_ptr<Bucket> bucket_;
  std::shared_ptr<Executor> executor_;
  PartitionLimits limits_;
};

}  // namespace mnemo
