// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/xor_encode.hpp"

#include <memory>

namespace mnemo {
namespace {

constexpr unsigned kCountBits = 16;
/// 4 + 64 bits of time, 13 + 64 of value.
constexpr size_t kMostBytesPerSample = 19;

}  // namespace

void XorEncoder::reset() {
  out_.bits(0, kCountBits);
  coder_ = {};
}

void XorEncoder::append(int64_t time, double value) { coder_.append(out_, time, value); }

std::string XorEncoder::take() {
  std::string data = out_.take();
  data[0] = static_cast<char>(size() >> 8);
  data[1] = static_cast<char>(size());
  reset();
  return data;
}

std::string encode_xor(std::span<const int64_t> times, std::span<const double> values) {
  size_t room = kCountBits / 8 + times.size() * kMostBytesPerSample + sizeof(uint64_t);
  auto buffer = std::make_unique_for_overwrite<uint8_t[]>(room);
  MemoryBitWriter out(buffer.get());
  XorCoder coder;
  out.bits(times.size(), kCountBits);
  for (size_t i = 0; i < times.size(); ++i) coder.append(out, times[i], values[i]);
  uint8_t* end = out.finish();
  return std::string(buffer.get(), end);
}

}  // namespace mnemo
