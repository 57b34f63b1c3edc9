// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/xor_encode.hpp"

#include <bit>

namespace mnemo {
void XorEncoder::reset() {
  out_.bits(0, 16);
  count_ = 0;
  delta_ = 0;
  window_ = {};
}

void XorEncoder::append(int64_t time, double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  append_time(time);
  if (count_ == 0) {
    out_.bits(bits, 64);
  } else {
    window_.write(out_, bits ^ value_);
  }
  time_ = time;
  value_ = bits;
  ++count_;
}

void XorEncoder::append_time(int64_t time) {
  if (count_ == 0) {
    out_.varint(time);
    return;
  }
  uint64_t delta = static_cast<uint64_t>(time) - static_cast<uint64_t>(time_);
  auto change = static_cast<int64_t>(delta - delta_);
  delta_ = delta;
  if (count_ == 1) {
    out_.uvarint(delta);
  } else if (change == 0) {
    out_.bits(0, 1);
  } else if (fits_bits(change, 14)) {
    out_.bits(2, 2);
    out_.bits(static_cast<uint64_t>(change), 14);
  } else if (fits_bits(change, 17)) {
    out_.bits(6, 3);
    out_.bits(static_cast<uint64_t>(change), 17);
  } else if (fits_bits(change, 20)) {
    out_.bits(14, 4);
    out_.bits(static_cast<uint64_t>(change), 20);
  } else {
    out_.bits(15, 4);
    out_.bits(static_cast<uint64_t>(change), 64);
  }
}

std::string XorEncoder::take() {
  std::string data = out_.take();
  data[0] = static_cast<char>(count_ >> 8);
  data[1] = static_cast<char>(count_);
  reset();
  return data;
}

}  // namespace mnemo
