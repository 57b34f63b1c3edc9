// SPDX-License-Identifier: Apache-2.0
#include "tsdb/verify/chunk_check.hpp"

#include "chunkenc/aggregate.hpp"
#include "chunkenc/chunker.hpp"
#include "chunkenc/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo::tsdb {
namespace {

constexpr std::array<std::string_view, 5> kPartNames = {"count", "sum", "min", "max", "counter"};

/// Decodes, and says whether that is possible.
bool decode_all(const Chunk& chunk, SampleColumn& samples, const Complaint& complain) {
  samples.clear();
  auto status = decode_chunk(chunk, TimeRange(), samples);
  if (!status.ok()) complain(status.message());
  return status.ok();
}

void check_times(const Chunk& chunk, const std::vector<int64_t>& times, const Complaint& complain) {
  if (times.empty()) return complain("holds no sample");
  auto later = std::adjacent_find(times.begin(), times.end(), std::greater_equal<>());
  if (later != times.end()) {
    complain(fmt::format("samples out of order: {} is followed by {}", *later, *(later + 1)));
  }
  if (times.front() != chunk.min_time || times.back() != chunk.max_time) {
    complain(fmt::format("its samples are from {} to {}, in the index from {} to {}", times.front(),
                         times.back(), chunk.min_time, chunk.max_time));
  }
}

/// The counter may lack windows, begins before the first one ends, and gives its last time twice.
void check_counter(const Chunk& part, const std::vector<int64_t>& times,
                   const Complaint& complain) {
  if (times.empty()) return complain("its counter holds no sample");
  if (!std::is_sorted(times.begin(), times.end())) complain("its counter is out of order");
  if (times.back() > part.max_time) {
    complain(fmt::format("its counter ends at {}, it ends at {}", times.back(), part.max_time));
  }
}

SampleCounts check_aggregate(const Chunk& chunk, SampleColumn& scratch, const Complaint& complain) {
  auto parts = split_aggregate(chunk);
  if (!parts.ok()) {
    complain(parts.status().message());
    return {};
  }
  if (!(*parts)[AggregatePart::kCount]) {
    complain("has no counts");
    return {};
  }
  std::vector<int64_t> windows;
  for (size_t i = 0; i < parts->parts.size(); ++i) {
    const auto& part = parts->parts[i];
    if (!part) continue;
    auto complain_of_part = [&](const std::string& reason) {
      complain(fmt::format("its {}: {}", kPartNames[i], reason));
    };
    if (!decode_all(*part, scratch, complain_of_part)) continue;
    if (i == static_cast<size_t>(AggregatePart::kCount)) {
      check_times(*part, scratch.times, complain_of_part);
      windows = scratch.times;
    } else if (i == static_cast<size_t>(AggregatePart::kCounter)) {
      check_counter(*part, scratch.times, complain);
    } else if (scratch.times != windows) {
      complain_of_part("its times are not those of the counts");
    }
  }
  return {windows.size(), 0, 0};
}

}  // namespace

SampleCounts check_chunk(const Chunk& chunk, SampleColumn& scratch, const Complaint& complain) {
  if (chunk.encoding == ChunkEncoding::kAggregate) {
    return check_aggregate(chunk, scratch, complain);
  }
  if (!decode_all(chunk, scratch, complain)) return {};
  check_times(chunk, scratch.times, complain);
  uint64_t count = scratch.size();
  bool is_float = sample_kind(chunk.encoding) == SampleKind::kFloat;
  return {count, is_float ? count : 0, is_float ? 0 : count};
}

}  // namespace mnemo::tsdb
