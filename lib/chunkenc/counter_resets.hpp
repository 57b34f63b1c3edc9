// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>

#include <cstdint>

namespace mnemo {

/// Makes a counter's samples never fall: each reset found is added to all that follows. NaNs
/// (stale markers included) are left out, histograms stay as they are, and what lies before the
/// end of what was already taken is skipped.
///
/// Chunk by chunk: a time that comes twice in a row carries, the second time, the true last value
/// of the chunk, as the counter aggregate of downsampled blocks has it.
class CounterResets {
 public:
  /// Appends the adjusted samples of the next chunk of the series to `out`.
  void append(const SampleColumn& chunk, SampleColumn& out);

  /// The last value as it was counted, not adjusted; 0 where there was none.
  double last_value() const { return last_value_; }

 private:
  void append_float(int64_t time, double value, SampleColumn& out);

  bool has_value_ = false;
  bool has_time_ = false;
  int64_t last_time_ = 0;
  double last_value_ = 0;
  double total_ = 0;
};

}  // namespace mnemo
