// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_writer.hpp"
#include "chunkenc/xor_window.hpp"

#include <bit>
#include <cstdint>
#include <span>
#include <string>

namespace mnemo {

/// What the next sample of an XOR chunk is written against.
class XorCoder {
 public:
  /// Writes a sample to any BasicBitWriter, bit for bit as Prometheus does.
  template <typename Bits>
  void append(Bits& out, int64_t time, double value) {
    auto bits = std::bit_cast<uint64_t>(value);
    append_time(out, time);
    if (count_ == 0) {
      out.bits(bits, 64);
    } else {
      window_.write(out, bits ^ value_);
    }
    time_ = time;
    value_ = bits;
    ++count_;
  }
  uint32_t count() const { return count_; }

 private:
  template <typename Bits>
  void append_time(Bits& out, int64_t time) {
    if (count_ == 0) {
      out.varint(time);
      return;
    }
    uint64_t delta = static_cast<uint64_t>(time) - static_cast<uint64_t>(time_);
    auto change = static_cast<int64_t>(delta - delta_);
    delta_ = delta;
    if (count_ == 1) {
      out.uvarint(delta);
    } else if (change == 0) {
      out.bits(0, 1);
    } else if (fits_bits(change, 14)) {
      out.bits(2, 2);
      out.bits(static_cast<uint64_t>(change), 14);
    } else if (fits_bits(change, 17)) {
      out.bits(6, 3);
      out.bits(static_cast<uint64_t>(change), 17);
    } else if (fits_bits(change, 20)) {
      out.bits(14, 4);
      out.bits(static_cast<uint64_t>(change), 20);
    } else {
      out.bits(15, 4);
      out.bits(static_cast<uint64_t>(change), 64);
    }
  }

  uint32_t count_ = 0;
  int64_t time_ = 0;
  uint64_t delta_ = 0;
  uint64_t value_ = 0;
  XorWindow window_;
};

/// Writes one XOR chunk, sample by sample, byte for byte as Prometheus does. Reusable after `take`.
///
/// Thread-compatible. A chunk holds at most kMaxSamples.
class XorEncoder {
 public:
  static constexpr uint32_t kMaxSamples = 0xffff;

  XorEncoder() { reset(); }

  /// REQUIRES: size() < kMaxSamples.
  void append(int64_t time, double value);
  uint32_t size() const { return coder_.count(); }
  size_t byte_size() const { return out_.byte_size(); }
  /// Where the next bytes will go, to be fetched into the cache.
  const void* tail() const { return out_.tail(); }

  /// The chunk's data (without length, encoding and CRC); starts afresh.
  std::string take();

 private:
  void reset();

  BitWriter out_;
  XorCoder coder_;
};

/// The data of an XOR chunk of these samples, as XorEncoder makes it, quicker.
/// REQUIRES: as many values as times, kMaxSamples at most.
std::string encode_xor(std::span<const int64_t> times, std::span<const double> values);

}  // namespace mnemo
