// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_writer.hpp"
#include "chunkenc/start_times.hpp"
#include "chunkenc/xor_window.hpp"

#include <cstdint>
#include <string>

namespace mnemo {

/// Writes one XOR2 chunk, sample by sample, byte for byte as Prometheus does. Reusable after
/// `take`.
///
/// Thread-compatible. A chunk holds at most kMaxSamples.
class Xor2Encoder {
 public:
  static constexpr uint32_t kMaxSamples = 0xffff;

  /// REQUIRES: size() < kMaxSamples. `start_time` 0: none.
  void append(int64_t time, double value, int64_t start_time = 0);
  uint32_t size() const { return count_; }
  size_t byte_size() const { return kHeaderSize + out_.byte_size(); }

  /// The chunk's data (without length, encoding and CRC); starts afresh.
  std::string take();

 private:
  static constexpr size_t kHeaderSize = 3;

  void append_joint(int64_t change_of_delta, uint64_t value);
  void append_value(uint64_t value);

  BitWriter out_;
  StartTimeWriter starts_;
  uint32_t count_ = 0;
  int64_t time_ = 0;
  uint64_t delta_ = 0;
  uint64_t value_ = 0;  // the last one that is no stale marker
  XorWindow window_;
};

}  // namespace mnemo
