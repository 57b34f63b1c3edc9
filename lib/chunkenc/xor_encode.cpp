// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/xor_encode.hpp"

#include "base/varint.hpp"

#include <algorithm>
#include <bit>

namespace mnemo {
namespace {

bool fits(int64_t value, unsigned width) {
  int64_t half = int64_t{1} << (width - 1);
  return -(half - 1) <= value && value <= half;
}

void append_uvarint_bits(BitWriter& out, uint64_t value) {
  std::string bytes;
  append_uvarint(bytes, value);
  for (char byte : bytes) out.bits(static_cast<uint8_t>(byte), 8);
}

}  // namespace

void XorEncoder::reset() {
  out_.bits(0, 16);
  count_ = 0;
  delta_ = 0;
  leading_ = kNoWindow;
  trailing_ = 0;
}

void XorEncoder::append(int64_t time, double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  append_time(time);
  if (count_ == 0) {
    out_.bits(bits, 64);
  } else {
    append_value(bits);
  }
  time_ = time;
  value_ = bits;
  ++count_;
}

void XorEncoder::append_time(int64_t time) {
  if (count_ == 0) {
    append_uvarint_bits(out_, zigzag_encode(time));
    return;
  }
  uint64_t delta = static_cast<uint64_t>(time) - static_cast<uint64_t>(time_);
  auto change = static_cast<int64_t>(delta - delta_);
  delta_ = delta;
  if (count_ == 1) {
    append_uvarint_bits(out_, delta);
  } else if (change == 0) {
    out_.bits(0, 1);
  } else if (fits(change, 14)) {
    out_.bits(2, 2);
    out_.bits(static_cast<uint64_t>(change), 14);
  } else if (fits(change, 17)) {
    out_.bits(6, 3);
    out_.bits(static_cast<uint64_t>(change), 17);
  } else if (fits(change, 20)) {
    out_.bits(14, 4);
    out_.bits(static_cast<uint64_t>(change), 20);
  } else {
    out_.bits(15, 4);
    out_.bits(static_cast<uint64_t>(change), 64);
  }
}

void XorEncoder::append_value(uint64_t value) {
  uint64_t change = value ^ value_;
  if (change == 0) {
    out_.bits(0, 1);
    return;
  }
  unsigned leading = std::min(static_cast<unsigned>(std::countl_zero(change)), 31U);
  auto trailing = static_cast<unsigned>(std::countr_zero(change));
  if (leading_ != kNoWindow && leading >= leading_ && trailing >= trailing_) {
    out_.bits(2, 2);
    out_.bits(change >> trailing_, 64 - leading_ - trailing_);
    return;
  }
  leading_ = leading;
  trailing_ = trailing;
  unsigned significant = 64 - leading - trailing;
  out_.bits(3, 2);
  out_.bits(leading, 5);
  out_.bits(significant, 6);  // 64 is written as 0
  out_.bits(change >> trailing, significant);
}

std::string XorEncoder::take() {
  std::string data = out_.take();
  data[0] = static_cast<char>(count_ >> 8);
  data[1] = static_cast<char>(count_);
  reset();
  return data;
}

}  // namespace mnemo
