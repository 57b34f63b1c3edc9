// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/histogram.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace mnemo::tsdb {

/// A sample in the kind of number that its chunk stores.
struct StoredSample {
  int64_t time = 0;
  std::variant<double, Histogram, std::shared_ptr<const FloatHistogram>> value;
  int64_t start_time = 0;  // 0: none
};

/// Appends a raw chunk's samples within `range` that aren't in one of the `deleted` ranges.
/// Errors: those of decode_chunk.
Status append_stored_samples(const Chunk& chunk, TimeRange range,
                             std::span<const TimeRange> deleted, std::vector<StoredSample>& out);

/// Appends a histogram in Prometheus' notation: `{count:3, sum:4.5, [-0.1,0.1]:1, (0.5,1]:2}`.
void append_histogram(std::string& out, const Histogram& histogram);
void append_histogram(std::string& out, const FloatHistogram& histogram);

}  // namespace mnemo::tsdb
