// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mnemo {

/// Appends `text` in double quotes with Go's escapes (strconv.Quote), as Prometheus and Thanos
/// print label values and matchers.
void append_go_quoted(std::string& out, std::string_view text);

std::string go_quoted(std::string_view text);

}  // namespace mnemo
