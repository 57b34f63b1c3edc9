// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/decode.hpp"

#include "base/varint.hpp"

#include <string>

namespace mnemo {

Result<uint32_t> chunk_sample_count(std::span<const uint8_t> data) {
  if (data.size() < 2) return Status::data_loss("chunk is shorter than its header");
  return static_cast<uint32_t>(data[0] << 8 | data[1]);
}

Result<uint32_t> chunk_sample_count(const Chunk& chunk) {
  constexpr uint32_t kCountWithFlags = 0x3fff;
  MNEMO_TRY(uint32_t count, chunk_sample_count(chunk.data.span()));
  bool has_flags = chunk.encoding == ChunkEncoding::kHistogramSt ||
                   chunk.encoding == ChunkEncoding::kFloatHistogramSt;
  return has_flags ? count & kCountWithFlags : count;
}

Status decode_chunk(const Chunk& chunk, TimeRange range, SampleColumn& out) {
  const auto& data = chunk.data;
  switch (chunk.encoding) {
    case ChunkEncoding::kXor: return decode_xor(data, range, out);
    case ChunkEncoding::kXor2: return decode_xor2(data, range, out);
    case ChunkEncoding::kHistogram: return decode_histograms(data, StartTimes::kNone, range, out);
    case ChunkEncoding::kHistogramSt:
      return decode_histograms(data, StartTimes::kStored, range, out);
    case ChunkEncoding::kFloatHistogram:
      return decode_float_histograms(data, StartTimes::kNone, range, out);
    case ChunkEncoding::kFloatHistogramSt:
      return decode_float_histograms(data, StartTimes::kStored, range, out);
    case ChunkEncoding::kAggregate:
      return Status::invalid_argument("an aggregate chunk has no samples of its own");
    case ChunkEncoding::kNone: break;
  }
  return Status::data_loss("unknown chunk encoding " +
                           std::to_string(static_cast<int>(chunk.encoding)));
}

}  // namespace mnemo
