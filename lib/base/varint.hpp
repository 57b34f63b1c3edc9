// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace mnemo {

inline uint32_t load_be32(const uint8_t* p) {
  uint32_t v;
  std::memcpy(&v, p, sizeof(v));
  return __builtin_bswap32(v);
}

inline uint64_t load_be64(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, sizeof(v));
  return __builtin_bswap64(v);
}

inline uint64_t load_le64(const uint8_t* p) {
  uint64_t v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}

inline uint32_t load_le32(const uint8_t* p) {
  uint32_t v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}

inline int64_t zigzag_decode(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

inline uint64_t zigzag_encode(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}

/// The part of `append_uvarint` for values of more than seven bits.
void append_long_uvarint(std::string& out, uint64_t value);

inline void append_uvarint(std::string& out, uint64_t value) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else {
    append_long_uvarint(out, value);
  }
}
void append_be32(std::string& out, uint32_t value);
void append_be64(std::string& out, uint64_t value);

/// Reads numbers and texts from bytes that may be wrong: after a read past the end or of a
/// malformed varint `failed()` stays true and every further read gives zero. One check at the end
/// suffices, but counts must be checked before they size anything.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> data)
      : begin_(data.data()), at_(data.data()), end_(data.data() + data.size()) {}

  bool failed() const { return failed_; }
  bool done() const { return at_ == end_; }
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }

  uint8_t u8() { return need(1) ? *at_++ : 0; }
  uint16_t be16() {
    if (!need(2)) return 0;
    auto v = static_cast<uint16_t>(at_[0] << 8 | at_[1]);
    at_ += 2;
    return v;
  }
  uint32_t be32() {
    if (!need(4)) return 0;
    uint32_t v = load_be32(at_);
    at_ += 4;
    return v;
  }
  uint64_t be64() {
    if (!need(8)) return 0;
    uint64_t v = load_be64(at_);
    at_ += 8;
    return v;
  }
  double be_double() { return std::bit_cast<double>(be64()); }
  uint64_t uvarint() {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    if (remaining() < 4) return long_uvarint();
    // Two and three bytes are what the index has most, after one.
    uint64_t value = (at_[0] & 0x7f) | static_cast<uint64_t>(at_[1] & 0x7f) << 7;
    if (at_[1] < 0x80) {
      at_ += 2;
      return value;
    }
    if (at_[2] >= 0x80) return long_uvarint();
    value |= static_cast<uint64_t>(at_[2]) << 14;
    at_ += 3;
    return value;
  }
  /// Signed, zigzag (Go's binary.Varint).
  int64_t varint() { return zigzag_decode(uvarint()); }
  std::span<const uint8_t> bytes(size_t count) {
    if (!need(count)) return {};
    std::span<const uint8_t> v(at_, count);
    at_ += count;
    return v;
  }
  /// A text with its length as uvarint before it.
  std::string_view uvarint_string() {
    auto b = bytes(uvarint());
    return {reinterpret_cast<const char*>(b.data()), b.size()};
  }
  void skip(size_t count) { bytes(count); }
  void fail() {
    failed_ = true;
    at_ = end_;
  }

 private:
  uint64_t long_uvarint();
  bool need(uint64_t count) {
    if (count <= remaining()) return true;
    fail();
    return false;
  }

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  bool failed_ = false;
};

}  // namespace mnemo
