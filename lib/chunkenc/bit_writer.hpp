// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace mnemo {

/// Whether `value` is in the range that the chunk formats give to a signed number of `width` bits
/// (1 to 63): -(2^(width-1)-1) to 2^(width-1).
inline bool fits_bits(int64_t value, unsigned width) {
  int64_t half = int64_t{1} << (width - 1);
  return -(half - 1) <= value && value <= half;
}

/// Appends bits, most significant first, to bytes.
class BitWriter {
 public:
  /// The low `count` bits (0 to 64) of `value`.
  void bits(uint64_t value, unsigned count) {
    if (count == 0) return;
    value <<= 64 - count;
    word_ |= value >> filled_;
    unsigned free = 64 - filled_;
    if (count < free) {
      filled_ += count;
      return;
    }
    append_be64(data_, word_);
    filled_ = count - free;
    word_ = filled_ == 0 ? 0 : value << free;
  }

  /// Byte-wise numbers (Go's binary.PutUvarint and PutVarint), at any bit.
  void uvarint(uint64_t value) {
    while (value >= 0x80) {
      bits(value | 0x80, 8);
      value >>= 7;
    }
    bits(value, 8);
  }
  void varint(int64_t value) { uvarint(zigzag_encode(value)); }

  /// A signed number in the chunks' variable width (Prometheus' varbit int).
  void varbit_int(int64_t value) {
    unsigned kind = 0;
    if (value != 0) {
      kind = 1;
      while (kind < kLastKind && !fits_bits(value, kWidths[kind])) ++kind;
    }
    write_kind(kind, static_cast<uint64_t>(value));
  }
  /// An unsigned one.
  void varbit_uint(uint64_t value) {
    auto width = static_cast<unsigned>(std::bit_width(value));
    unsigned kind = 0;
    while (width > kWidths[kind]) ++kind;
    write_kind(kind, value);
  }

  void real(double value) { bits(std::bit_cast<uint64_t>(value), 64); }

  /// How many bytes there are, a last one that isn't full included.
  size_t byte_size() const { return data_.size() + (filled_ + 7) / 8; }

  /// Where the next bytes will go, to be fetched into the cache.
  const void* tail() const { return data_.data() + data_.size(); }

  /// All bytes, the last one filled with zeros; starts afresh.
  std::string take() {
    for (unsigned done = 0; done < filled_; done += 8) {
      data_ += static_cast<char>(word_ >> (56 - done));
    }
    word_ = 0;
    filled_ = 0;
    return std::exchange(data_, {});
  }

 private:
  static constexpr unsigned kLastKind = 8;
  static constexpr uint8_t kWidths[kLastKind + 1] = {0, 3, 6, 9, 12, 18, 25, 56, 64};

  /// The prefix is as many ones as the kind says and a zero, which the last kind lacks.
  void write_kind(unsigned kind, uint64_t value) {
    if (kind == kLastKind) {
      bits(0xff, 8);
    } else {
      bits((uint64_t{1} << (kind + 1)) - 2, kind + 1);
    }
    bits(value, kWidths[kind]);
  }

  std::string data_;
  uint64_t word_ = 0;    // bits that aren't in data_ yet, from the top
  unsigned filled_ = 0;  // how many of them; below 64
};

}  // namespace mnemo
