// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace mnemo {

/// Whether `value` is in the range that the chunk formats give to a signed number of `width` bits
/// (1 to 63): -(2^(width-1)-1) to 2^(width-1).
inline bool fits_bits(int64_t value, unsigned width) {
  int64_t half = int64_t{1} << (width - 1);
  return -(half - 1) <= value && value <= half;
}

/// Appends bits, most significant first; `Words` takes them, 64 at a time, by `put`.
template <typename Words>
class BasicBitWriter {
 public:
  explicit BasicBitWriter(Words words = {}) : words_(std::move(words)) {}

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
    words_.put(word_);
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

 protected:
  Words words_;
  uint64_t word_ = 0;    // bits that weren't put yet, from the top
  unsigned filled_ = 0;  // how many of them; below 64
};

/// Words at the end of a string.
struct StringWords {
  std::string data;
  void put(uint64_t word) { append_be64(data, word); }
};

/// Appends bits to bytes that grow.
class BitWriter : public BasicBitWriter<StringWords> {
 public:
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
  size_t byte_size() const { return words_.data.size() + (filled_ + 7) / 8; }

  /// Where the next bytes will go, to be fetched into the cache.
  const void* tail() const { return words_.data.data() + words_.data.size(); }

  /// All bytes, the last one filled with zeros; starts afresh.
  std::string take() {
    for (unsigned done = 0; done < filled_; done += 8) {
      words_.data += static_cast<char>(word_ >> (56 - done));
    }
    word_ = 0;
    filled_ = 0;
    return std::exchange(words_.data, {});
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
};

/// Appends bits to memory that has room for them and 8 bytes more: with nothing that could grow,
/// the compiler keeps the state of a local writer in registers.
struct MemoryWords {
  uint8_t* at;
  void put(uint64_t word) {
    word = __builtin_bswap64(word);
    std::memcpy(at, &word, sizeof(word));
    at += sizeof(word);
  }
};

class MemoryBitWriter : public BasicBitWriter<MemoryWords> {
 public:
  explicit MemoryBitWriter(uint8_t* to) : BasicBitWriter(MemoryWords{to}) {}

  /// Where the bytes end, the last one filled with zeros. Nothing may be written after.
  uint8_t* finish() {
    unsigned length = (filled_ + 7) / 8;
    words_.put(word_);
    return words_.at - sizeof(word_) + length;
  }
};

}  // namespace mnemo
