// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mnemo {

/// Reads the fields of one protobuf message without a message object, for hot paths.
///
///     ProtoReader reader(bytes);
///     while (reader.next()) {
///       if (reader.field() == 1) name = reader.string();
///       // a field whose value isn't taken is skipped by the next call
///     }
///     if (reader.failed()) ...
///
/// Format: protobuf wire format; groups are malformed input here.
class ProtoReader {
 public:
  enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  explicit ProtoReader(std::span<const uint8_t> data) : reader_(data) {}

  /// Moves to the next field; false at the end or on malformed input.
  bool next();
  uint32_t field() const { return field_; }
  Wire wire() const { return wire_; }
  bool failed() const { return failed_ || reader_.failed(); }

  /// The value as each kind; a wrong wire type fails the reader and gives zero.
  uint64_t varint() { return wire_ == Wire::kVarint ? number_ : wrong(); }
  int64_t int64() { return static_cast<int64_t>(varint()); }
  int64_t sint64() { return zigzag_decode(varint()); }
  double fixed_double() {
    return std::bit_cast<double>(wire_ == Wire::kFixed64 ? number_ : wrong());
  }
  uint64_t fixed64() { return wire_ == Wire::kFixed64 ? number_ : wrong(); }
  std::span<const uint8_t> bytes();
  std::string_view string() {
    auto b = bytes();
    return {reinterpret_cast<const char*>(b.data()), b.size()};
  }

 private:
  uint64_t wrong() {
    failed_ = true;
    return 0;
  }

  ByteReader reader_;
  uint32_t field_ = 0;
  Wire wire_ = Wire::kVarint;
  uint64_t number_ = 0;
  std::span<const uint8_t> bytes_;
  bool failed_ = false;
};

/// Writes protobuf fields at the end of a string. Zero values and empty texts are left out, as
/// proto3 does, but for `*_always`.
class ProtoWriter {
 public:
  explicit ProtoWriter(std::string& out) : out_(out) {}

  void varint(uint32_t field, uint64_t value) {
    if (value != 0) varint_always(field, value);
  }
  void varint_always(uint32_t field, uint64_t value) {
    append_uvarint(out_, field << 3);
    append_uvarint(out_, value);
  }
  void int64(uint32_t field, int64_t value) { varint(field, static_cast<uint64_t>(value)); }
  void boolean(uint32_t field, bool value) { varint(field, value ? 1 : 0); }
  void string(uint32_t field, std::string_view value) {
    if (!value.empty()) string_always(field, value);
  }
  void string_always(uint32_t field, std::string_view value) {
    length_prefix(field, value.size());
    out_ += value;
  }
  void fixed_double(uint32_t field, double value);
  /// The tag and length of a message or text whose `size` bytes the caller appends next.
  void length_prefix(uint32_t field, size_t size) {
    append_uvarint(out_, field << 3 | 2);
    append_uvarint(out_, size);
  }

 private:
  std::string& out_;
};

/// Bytes that `value` takes as a varint.
inline size_t uvarint_size(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

}  // namespace mnemo
