// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace mnemo {

/// Appends bits, most significant first, to bytes.
class BitWriter {
 public:
  /// The low `count` bits (0 to 64) of `value`.
  void bits(uint64_t value, unsigned count) {
    while (count > 0) {
      if (free_ == 0) {
        data_ += '\0';
        free_ = 8;
      }
      unsigned now = count < free_ ? count : free_;
      uint64_t part = value >> (count - now) & ((1U << now) - 1);
      data_.back() = static_cast<char>(static_cast<uint8_t>(data_.back()) | part << (free_ - now));
      free_ -= now;
      count -= now;
    }
  }

  std::string& data() { return data_; }
  const std::string& data() const { return data_; }

  std::string take() {
    free_ = 0;
    return std::exchange(data_, {});
  }

 private:
  std::string data_;
  unsigned free_ = 0;  // unused bits of the last byte
};

}  // namespace mnemo
