// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mnemo {

/// Decompresses gzip members. Errors: DataLoss (malformed, cut off), ResourceExhausted (more than
/// `max_bytes`).
Result<std::string> gunzip(std::string_view data, size_t max_bytes);

}  // namespace mnemo
