// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/transcode.hpp"

#include "chunkenc/chunker.hpp"

#include <cstddef>

namespace mnemo {
namespace {

ChunkEncoding common_encoding(ChunkEncoding encoding) {
  switch (encoding) {
    case ChunkEncoding::kXor2: return ChunkEncoding::kXor;
    case ChunkEncoding::kHistogramSt: return ChunkEncoding::kHistogram;
    case ChunkEncoding::kFloatHistogramSt: return ChunkEncoding::kFloatHistogram;
    default: return encoding;
  }
}

}  // namespace

bool is_common_encoding(ChunkEncoding encoding) {
  return encoding == ChunkEncoding::kXor || encoding == ChunkEncoding::kHistogram ||
         encoding == ChunkEncoding::kFloatHistogram;
}

Status append_in_common_encoding(const Chunk& chunk, std::vector<Chunk>& out) {
  MNEMO_TRY(auto samples, ChunkSamples::decode(chunk));
  SampleChunker chunker(common_encoding(chunk.encoding));
  for (size_t i = 0; i < samples.size(); ++i) {
    MNEMO_RETURN_IF_ERROR(samples.append_to(chunker, i));
  }
  chunker.finish(out);
  return {};
}

}  // namespace mnemo
