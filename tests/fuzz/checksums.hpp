// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32c.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mnemo::fuzz {

/// Writes the CRC of `length` bytes from `start` behind them, so that a change to bytes which it
/// covers leads further than to a mismatch; does nothing where that is outside of `file`.
inline void mend_crc(std::span<uint8_t> file, uint64_t start, uint64_t length) {
  constexpr uint64_t kCrcSize = 4;
  if (start > file.size() || length > file.size() - start) return;
  if (file.size() - start - length < kCrcSize) return;
  uint32_t crc = crc32c(file.subspan(start, length));
  for (uint64_t i = 0; i < kCrcSize; ++i) {
    file[start + length + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
  }
}

}  // namespace mnemo::fuzz
