// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mnemo::promql {

/// When a sample was taken, and from when on it counts; `start` is 0 where that is not known.
struct SampleTimes {
  int64_t time = 0;
  int64_t start = 0;
};

/// Whether `now` counts from nothing after `before`, by their times alone.
inline bool starts_anew(SampleTimes before, SampleTimes now) {
  if (now.start == 0 || now.start >= now.time) return false;  // unknown, or not sensible
  if (now.start != before.time) return now.start > before.time;
  // It starts where the one before was taken: a delta does, but so does OpenTelemetry's cumulative
  // value with an unknown start, the first of which has none of its own.
  return before.start != 0 && before.start < before.time;
}

/// Whether `now` counts what `before` has counted already, and not as the continuation of it.
inline bool starts_overlap(SampleTimes before, SampleTimes now) {
  return now.start != 0 && now.start < before.time && now.start != before.start;
}

}  // namespace mnemo::promql
