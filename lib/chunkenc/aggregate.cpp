// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/aggregate.hpp"

#include "base/varint.hpp"

#include <string>

namespace mnemo {

std::string join_aggregate(const AggregateParts& parts) {
  std::string data;
  for (const auto& part : parts.parts) {
    append_uvarint(data, part ? part->data.size() : 0);
    if (!part) continue;
    data += static_cast<char>(part->encoding);
    data += part->data.as_string();
  }
  return data;
}

Result<AggregateParts> split_aggregate(const Chunk& chunk) {
  if (chunk.encoding != ChunkEncoding::kAggregate) {
    return Status::invalid_argument("not an aggregate chunk");
  }
  AggregateParts result;
  ByteReader reader(chunk.data);
  for (auto& part : result.parts) {
    uint64_t length = reader.uvarint();
    if (length == 0) continue;  // absent
    auto encoding = static_cast<ChunkEncoding>(reader.u8());
    size_t offset = reader.offset();
    reader.bytes(length);
    if (reader.failed()) break;
    part = Chunk{chunk.min_time, chunk.max_time, encoding, chunk.data.slice(offset, length)};
  }
  if (reader.failed()) {
    return Status::data_loss("aggregate chunk: a part reaches past byte " +
                             std::to_string(chunk.data.size()));
  }
  return result;
}

}  // namespace mnemo
