// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace mnemo {

/// The length (1 to 4) of the well-formed UTF-8 sequence at the start of `text`; 0 if there is
/// none.
size_t utf8_sequence_length(std::string_view text);

bool is_valid_utf8(std::string_view text);

}  // namespace mnemo
