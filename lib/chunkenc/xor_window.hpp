// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace mnemo {

/// The window of significant bits in which the XOR of consecutive values is
/// written, to any BasicBitWriter.
class XorWindow {
 public:
  /// `0` no change; `10` the change in the window as it is; `11` a new window and the change.
  template <typename Bits>
  void write(Bits& out, uint64_t change) {
    if (change == 0) {
      out.bits(0, 1);
    } else if (holds(change)) {
      out.bits(2, 2);
      write_change(out, change);
    } else {
      out.bits(3, 2);
      write_new(out, change);
    }
  }

  /// Whether a change other than zero can be written in the window as it is.
  bool holds(uint64_t change) const {
    return leading_ <= leading_zeros(change) &&
           trailing_ <= static_cast<unsigned>(std::countr_zero(change));
  }
  template <typename Bits>
  void write_change(Bits& out, uint64_t change) const {
    out.bits(change >> trailing_, 64 - leading_ - trailing_);
  }
  /// Makes and writes a window that fits a change other than zero, and the change.
  template <typename Bits>
  void write_new(Bits& out, uint64_t change) {
    leading_ = leading_zeros(change);
    trailing_ = static_cast<unsigned>(std::countr_zero(change));
    out.bits(leading_, 5);
    out.bits(64 - leading_ - trailing_, 6);  // 64 is written as 0
    write_change(out, change);
  }

 private:
  /// At most what 5 bits hold.
  static unsigned leading_zeros(uint64_t change) {
    return std::min(static_cast<unsigned>(std::countl_zero(change)), 31U);
  }

  unsigned leading_ = 64;  // larger than any: no window yet
  unsigned trailing_ = 0;
};

}  // namespace mnemo
