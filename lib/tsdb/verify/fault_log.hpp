// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/verify/verify.hpp"

#include <utility>

namespace mnemo::tsdb {

/// Counts the faults of one block and tells the first of them. Not thread-safe.
class FaultLog {
 public:
  FaultLog(std::string block, FaultSink sink, size_t most)
      : block_(std::move(block)), sink_(std::move(sink)), most_(most) {}

  void add(std::string_view file, std::optional<uint64_t> offset, std::string what,
           std::string series = {}) {
    if (++count_ > most_ || !sink_) return;
    sink_({block_, std::string(file), offset, std::move(series), std::move(what)});
  }

  /// Faults that needn't be looked for one by one, because they wouldn't be told.
  void add_untold(uint64_t count) { count_ += count; }

  bool is_full() const { return count_ >= most_; }
  uint64_t count() const { return count_; }

 private:
  std::string block_;
  FaultSink sink_;
  size_t most_;
  uint64_t count_ = 0;
};

}  // namespace mnemo::tsdb
