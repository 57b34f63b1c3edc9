// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>

#include <cstdint>

namespace mnemo {

/// How a chunk's bytes are encoded; the numbers are those in chunk segments.
/// Format: docs/formats/chunks.md.
enum class ChunkEncoding : uint8_t {
  kNone = 0,
  kXor = 1,
  kHistogram = 2,
  kFloatHistogram = 3,
  kXor2 = 4,
  kHistogramSt = 5,
  kFloatHistogramSt = 6,
  kAggregate = 255,
};

/// The samples of one series over a stretch of time, still encoded. `min_time` and `max_time` are
/// those of the first and last sample (milliseconds), as the index or the sender claims them.
struct Chunk {
  int64_t min_time = 0;
  int64_t max_time = 0;
  ChunkEncoding encoding = ChunkEncoding::kNone;
  Bytes data;
};

}  // namespace mnemo
