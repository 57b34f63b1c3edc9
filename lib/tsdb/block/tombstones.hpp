// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace mnemo::tsdb {

/// What has been deleted from a block but not yet removed: closed ranges of time by series.
///
/// A value type, thread-safe for const use.
class Tombstones {
 public:
  /// Reads the content of a tombstones file. Errors: DataLoss (with the offset), Unimplemented.
  static Result<Tombstones> parse(std::span<const uint8_t> file);

  /// The content of a tombstones file.
  std::string encode() const;

  /// Deletes a closed range of a series.
  void add(uint64_t series, TimeRange range);

  bool empty() const { return ranges_.empty(); }
  /// How many ranges there are.
  uint64_t count() const;
  /// The series of which something is deleted, sorted.
  std::vector<uint64_t> series() const;

  /// The deleted ranges of a series, sorted and disjoint.
  std::span<const TimeRange> of(uint64_t series) const;

 private:
  std::unordered_map<uint64_t, std::vector<TimeRange>> ranges_;
};

/// Sorts ranges and joins those that overlap or touch.
void normalize(std::vector<TimeRange>& ranges);

/// Whether one of the sorted, disjoint `ranges` covers all of `wanted`.
bool covers(std::span<const TimeRange> ranges, TimeRange wanted);

}  // namespace mnemo::tsdb
