// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"
#include "chunkenc/decode.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/chunk.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace mnemo::fuzz {

/// The chunks that an input holds: each a uvarint length, an encoding, that many bytes. Their times
/// are those of their first and last sample, so far as they have any.
inline std::vector<Chunk> several_chunks(std::span<const uint8_t> data) {
  constexpr size_t kMost = 8;
  std::vector<Chunk> chunks;
  ByteReader reader(data);
  while (!reader.done() && chunks.size() < kMost) {
    uint64_t length = reader.uvarint();
    Chunk chunk{0, 0, static_cast<ChunkEncoding>(reader.u8()), {}};
    chunk.data = Bytes(reader.bytes(std::min<uint64_t>(length, reader.remaining())), nullptr);
    SampleColumn samples;
    if (decode_chunk(chunk, TimeRange(), samples).ok() && !samples.empty()) {
      auto [first, last] = std::minmax(samples.times.front(), samples.times.back());
      chunk.min_time = first;
      chunk.max_time = last;
    }
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

}  // namespace mnemo::fuzz
