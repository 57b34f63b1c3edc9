// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/decode.hpp"

#include "base/varint.hpp"

#include <string>

namespace mnemo {

Result<uint32_t> chunk_sample_count(std::span<const uint8_t> data) {
  if (data.size() < 2) return Status::data_loss("chunk is shorter than its header");
  return static_cast<uint32_t>(data[0] << 8 | data[1]);
}

Status decode_chunk(const Chunk& chunk, TimeRange range, SampleColumn& out) {
  switch (chunk.encoding) {
    case ChunkEncoding::kXor: return decode_xor(chunk.data, range, out);
    case ChunkEncoding::kHistogram: return decode_histograms(chunk.data, range, out);
    case ChunkEncoding::kFloatHistogram: return decode_float_histograms(chunk.data, range, out);
    case ChunkEncoding::kAggregate:
      return Status::invalid_argument("an aggregate chunk has no samples of its own");
    case ChunkEncoding::kXor2:
    case ChunkEncoding::kHistogramSt:
    case ChunkEncoding::kFloatHistogramSt:
      return Status::unimplemented("chunk encoding " +
                                   std::to_string(static_cast<int>(chunk.encoding)));
    case ChunkEncoding::kNone: break;
  }
  return Status::data_loss("unknown chunk encoding " +
                           std::to_string(static_cast<int>(chunk.encoding)));
}

}  // namespace mnemo
