// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mnemo::promql {

/// A number or a duration found in a text. Where `valid` is false, `end` is where it went wrong.
struct NumberScan {
  size_t end = 0;
  bool valid = false;
  bool is_duration = false;
};

/// Scans what begins with a digit or with a dot and a digit at `position`.
NumberScan scan_number_or_duration(std::string_view text, size_t position);

/// The value of a number as Go reads it: decimal, hexadecimal, octal, underscores, exponents, Inf,
/// NaN. Errors: InvalidArgument, in the words of Go's strconv.
Result<double> parse_number(std::string_view text);

/// A duration of units in falling order ("1h30m", "0") in milliseconds, in Prometheus' words.
Result<int64_t> parse_duration_literal(std::string_view text);

}  // namespace mnemo::promql
