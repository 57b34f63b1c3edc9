// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/xor2_encode.hpp"

#include <mnemo/histogram.hpp>

#include <bit>

namespace mnemo {
namespace {

/// Whether `value` is a number of `width` bits in two's complement.
bool fits_signed(int64_t value, unsigned width) {
  int64_t half = int64_t{1} << (width - 1);
  return -half <= value && value < half;
}

}  // namespace

void Xor2Encoder::append(int64_t time, double value, int64_t start_time) {
  auto bits = std::bit_cast<uint64_t>(value);
  uint64_t delta = static_cast<uint64_t>(time) - static_cast<uint64_t>(time_);
  if (count_ == 0) {
    out_.varint(time);
    out_.bits(bits, 64);
    delta = 0;
  } else if (count_ == 1) {
    out_.uvarint(delta);
    append_value(bits);
  } else {
    append_joint(static_cast<int64_t>(delta - delta_), bits);
  }
  starts_.write(out_, count_, time, time_, start_time);
  time_ = time;
  delta_ = delta;
  if (bits != kStaleNanBits) value_ = bits;
  ++count_;
}

void Xor2Encoder::append_joint(int64_t change_of_delta, uint64_t value) {
  auto change = static_cast<uint64_t>(change_of_delta);
  if (change_of_delta != 0) {
    if (fits_signed(change_of_delta, 13)) {
      out_.bits(uint64_t{6} << 13 | (change & 0x1fff), 16);
    } else if (fits_signed(change_of_delta, 20)) {
      out_.bits(uint64_t{14} << 20 | (change & 0xfffff), 24);
    } else {
      out_.bits(30, 5);
      out_.bits(change, 64);
    }
    append_value(value);
  } else if (value == kStaleNanBits) {
    out_.bits(31, 5);
  } else if (value == value_) {
    out_.bits(0, 1);
  } else if (window_.holds(value ^ value_)) {
    out_.bits(4, 3);
    window_.write_change(out_, value ^ value_);
  } else {
    out_.bits(5, 3);
    window_.write_new(out_, value ^ value_);
  }
}

void Xor2Encoder::append_value(uint64_t value) {
  uint64_t change = value ^ value_;
  if (value == kStaleNanBits) {
    out_.bits(7, 3);
  } else if (change == 0) {
    out_.bits(0, 1);
  } else if (window_.holds(change)) {
    out_.bits(2, 2);
    window_.write_change(out_, change);
  } else {
    out_.bits(6, 3);
    window_.write_new(out_, change);
  }
}

std::string Xor2Encoder::take() {
  std::string data(kHeaderSize, '\0');
  data[0] = static_cast<char>(count_ >> 8);
  data[1] = static_cast<char>(count_);
  data[StartTimeHeader::kPosition] = static_cast<char>(starts_.header());
  data += out_.take();
  *this = Xor2Encoder();
  return data;
}

}  // namespace mnemo
