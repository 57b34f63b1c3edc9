// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mnemo {

/// Appends `text` to `out` as a JSON string with its quotes. Bytes that are not UTF-8 become
/// U+FFFD, as in Go's encoder; '<', '>' and '&' stay as they are.
void append_json_string(std::string& out, std::string_view text);

}  // namespace mnemo
