// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_writer.hpp"
#include "chunkenc/xor_window.hpp"

#include <cstdint>
#include <string>

namespace mnemo {

/// Writes one XOR chunk, sample by sample, byte for byte as Prometheus does. Reusable after `take`.
///
/// Thread-compatible. A chunk holds at most kMaxSamples.
class XorEncoder {
 public:
  static constexpr uint32_t kMaxSamples = 0xffff;

  XorEncoder() { reset(); }

  /// REQUIRES: size() < kMaxSamples.
  void append(int64_t time, double value);
  uint32_t size() const { return count_; }
  size_t byte_size() const { return out_.byte_size(); }
  /// Where the next bytes will go, to be fetched into the cache.
  const void* tail() const { return out_.tail(); }

  /// The chunk's data (without length, encoding and CRC); starts afresh.
  std::string take();

 private:
  void reset();
  void append_time(int64_t time);

  BitWriter out_;
  uint32_t count_ = 0;
  int64_t time_ = 0;
  uint64_t delta_ = 0;
  uint64_t value_ = 0;
  XorWindow window_;
};

}  // namespace mnemo
