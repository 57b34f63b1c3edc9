// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mnemo {

/// The 64 bits from bit `position` on. REQUIRES: 9 readable bytes from byte position / 8 on.
inline uint64_t load_bits(const uint8_t* data, size_t position) {
  const uint8_t* at = data + (position >> 3);
  unsigned shift = position & 7;
  return load_be64(at) << shift | static_cast<uint64_t>(at[8]) >> (8 - shift);
}

/// The number that `bits` stand for in `width` bits (1 to 63): the range is -(2^(width-1)-1) to
/// 2^(width-1), as the chunk formats have it.
inline int64_t sign_extend(uint64_t bits, unsigned width) {
  uint64_t is_negative = bits > (uint64_t{1} << (width - 1)) ? 1 : 0;
  return static_cast<int64_t>(bits - (is_negative << width));
}

/// Reads bits, most significant first, from bytes that may be wrong: after a read past the end
/// `failed()` stays true and every further read gives zero. One check at the end suffices, but
/// counts must be checked before they size anything.
class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> data)
      : data_(data.data()), end_(data.size() * 8), size_(data.size()) {}

  bool failed() const { return failed_; }
  size_t remaining() const { return end_ - position_; }

  /// `count` bits (1 to 64).
  uint64_t bits(unsigned count) {
    uint64_t word = peek();
    return skip(count) ? word >> (64 - count) : 0;
  }
  bool bit() { return bits(1) != 0; }
  double real() { return std::bit_cast<double>(bits(64)); }

  /// A signed number in the chunks' variable width (Prometheus' varbit int).
  int64_t varbit_int() {
    unsigned width = varbit_width();
    if (width == 0) return 0;
    uint64_t value = bits(width);
    return width == 64 ? static_cast<int64_t>(value) : sign_extend(value, width);
  }
  /// An unsigned one.
  uint64_t varbit_uint() {
    unsigned width = varbit_width();
    return width == 0 ? 0 : bits(width);
  }

  /// Byte-wise numbers (Go's binary.Uvarint and Varint), at any bit.
  uint64_t uvarint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      uint64_t byte = bits(8);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  int64_t varint() { return zigzag_decode(uvarint()); }

  /// The next 64 bits, with zeros where the bytes end; `skip` goes on after as many of them as were
  /// used, and is false where the bytes ended before.
  uint64_t peek() const {
    size_t byte = position_ >> 3;
    if (size_ - byte >= 9) return load_bits(data_, position_);
    uint8_t tail[9] = {};
    for (size_t i = 0; byte + i < size_; ++i) tail[i] = data_[byte + i];
    return load_bits(tail, position_ & 7);
  }

  bool skip(size_t count) {
    if (count <= remaining() && !failed_) {
      position_ += count;
      return true;
    }
    fail();
    return false;
  }

  void fail() {
    failed_ = true;
    position_ = end_;
  }

 private:
  /// Reads the prefix that says how wide a number is.
  unsigned varbit_width() {
    static constexpr uint8_t kWidths[] = {0, 3, 6, 9, 12, 18, 25, 56, 64};
    auto ones = static_cast<unsigned>(std::countl_one(peek() >> 56 << 56));
    if (!skip(ones == 8 ? 8 : ones + 1)) return 0;
    return kWidths[ones];
  }

  const uint8_t* data_;
  size_t position_ = 0;  // in bits
  size_t end_;           // in bits
  size_t size_;          // in bytes
  bool failed_ = false;
};

}  // namespace mnemo
