// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mnemo {

/// Reads a duration in milliseconds as flags, files and API parameters have it: Prometheus' form
/// ("1h30m", "5m", "1d", "0") and Go's ("1.5h", "300ms", "1m0s"); units ns, us, ms, s, m, h, d (24
/// h), w (7 d), y (365 d); a leading '-' negates. What is finer than a millisecond is cut off.
/// Errors: InvalidArgument.
Result<int64_t> parse_duration_ms(std::string_view text);

/// In Prometheus' form: "1h30m", "5m", "250ms", "0s".
std::string format_duration_ms(int64_t ms);

/// Reads a time in milliseconds since the epoch: RFC 3339 ("2026-06-01T00:00:00Z", any offset,
/// fractions, years 0000 to 9999). Errors: InvalidArgument.
Result<int64_t> parse_rfc3339_ms(std::string_view text);

/// The same to whole seconds: "2026-06-01T00:00:00Z".
std::string format_rfc3339(int64_t ms);

}  // namespace mnemo
