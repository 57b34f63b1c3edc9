// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/aggregate.hpp"
#include "chunkenc/decode.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace mnemo::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

/// Decodes any bytes as a chunk: samples come, or an error and no sample; columns have one length;
/// a range gives no more than everything does.
inline void decode_any(ChunkEncoding encoding, const uint8_t* data, size_t size) {
  Chunk chunk{0, 0, encoding, Bytes({data, size}, nullptr)};
  SampleColumn all;
  auto status = decode_chunk(chunk, TimeRange(), all);
  require(status.ok() || all.empty());
  require(all.values.size() == all.size());
  require(all.histograms.empty() || all.histograms.size() == all.size());
  require(all.start_times.empty() || all.start_times.size() == all.size());
  SampleColumn some;
  auto some_status = decode_chunk(chunk, {0, 1'000'000}, some);
  require(!status.ok() || (some_status.ok() && some.size() <= all.size()));
  if (encoding == ChunkEncoding::kHistogram || encoding == ChunkEncoding::kHistogramSt) {
    std::vector<HistogramSample> integers;
    auto integers_status = decode_histogram_chunk(chunk, TimeRange(), integers);
    require(integers_status.ok() == status.ok() && integers.size() == all.size());
  }
}

/// The same for each part of an aggregate chunk; what was split joins to the bytes it came from.
inline void split_any(const uint8_t* data, size_t size) {
  auto parts = split_aggregate({0, 0, ChunkEncoding::kAggregate, Bytes({data, size}, nullptr)});
  if (!parts) return;
  for (const auto& part : parts->parts) {
    if (part) decode_any(part->encoding, part->data.data(), part->data.size());
  }
  auto joined = join_aggregate(*parts);
  auto again = split_aggregate({0, 0, ChunkEncoding::kAggregate, Bytes::own(joined)});
  require(again.ok());
  for (size_t i = 0; i < parts->parts.size(); ++i) {
    require(again->parts[i].has_value() == parts->parts[i].has_value());
  }
}

}  // namespace mnemo::fuzz
