// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace mnemo {

/// The CRC-32 with the Castagnoli polynomial of `data`, continuing from `crc` (0 at the start).
uint32_t crc32c(std::span<const uint8_t> data, uint32_t crc = 0);

}  // namespace mnemo
