// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstdint>
#include <string_view>

namespace mnemo {

/// A number of bytes with a unit of 1024s (B, KB, KiB, ... EB), or without one. Errors:
/// InvalidArgument.
Result<uint64_t> parse_byte_size(std::string_view text);

}  // namespace mnemo
