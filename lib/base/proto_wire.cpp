// SPDX-License-Identifier: Apache-2.0
#include "base/proto_wire.hpp"

namespace mnemo {

bool ProtoReader::next() {
  if (failed() || reader_.done()) return false;
  uint64_t tag = reader_.uvarint();
  field_ = static_cast<uint32_t>(tag >> 3);
  wire_ = static_cast<Wire>(tag & 7);
  if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff) failed_ = true;
  switch (wire_) {
    case Wire::kVarint: number_ = reader_.uvarint(); break;
    case Wire::kFixed64: number_ = __builtin_bswap64(reader_.be64()); break;
    case Wire::kBytes: bytes_ = reader_.bytes(reader_.uvarint()); break;
    case Wire::kFixed32: number_ = __builtin_bswap32(reader_.be32()); break;
    default: failed_ = true;
  }
  return !failed();
}

std::span<const uint8_t> ProtoReader::bytes() {
  if (wire_ == Wire::kBytes) return bytes_;
  wrong();
  return {};
}

void ProtoWriter::fixed_double(uint32_t field, double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  if (bits == 0) return;
  append_uvarint(out_, field << 3 | 1);
  out_.append(reinterpret_cast<const char*>(&bits), sizeof(bits));
}

}  // namespace mnemo
