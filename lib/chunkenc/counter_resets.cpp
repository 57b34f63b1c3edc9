// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/counter_resets.hpp"

#include <cmath>
#include <cstddef>

namespace mnemo {

void CounterResets::append(const SampleColumn& chunk, SampleColumn& out) {
  for (size_t i = 0; i < chunk.size(); ++i) {
    if (chunk.histogram(i) == nullptr) {
      append_float(chunk.times[i], chunk.values[i], out);
      continue;
    }
    if (has_time_ && chunk.times[i] <= last_time_) continue;
    out.append_from(chunk, i);
    last_time_ = chunk.times[i];
    has_time_ = true;
  }
}

void CounterResets::append_float(int64_t time, double value, SampleColumn& out) {
  if (std::isnan(value)) return;
  if (has_time_ && time <= last_time_) {
    if (time == last_time_ && has_value_) last_value_ = value;
    return;
  }
  if (!has_value_) {
    total_ = value;
  } else {
    total_ += value >= last_value_ ? value - last_value_ : value;
  }
  has_value_ = true;
  has_time_ = true;
  last_time_ = time;
  last_value_ = value;
  out.append(time, total_);
}

}  // namespace mnemo
