// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/form.hpp"

#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>
#include <mnemo/store.hpp>
#include <mnemo/time_range.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::api {

/// How the parameters of Prometheus' and Thanos' HTTP API are read. All errors are InvalidArgument,
/// with Thanos' texts; times and durations are milliseconds.

/// Seconds with decimals, or RFC 3339.
Result<int64_t> parse_time(std::string_view text);

/// The parameter of that name; `fallback` without one.
Result<int64_t> time_parameter(const FormValues& form, std::string_view name, int64_t fallback);

/// Seconds with decimals, or Prometheus' form ("1h30m").
Result<int64_t> parse_duration(std::string_view text);

/// As `parse_duration`, the error naming the parameter; nothing without one.
Result<std::optional<int64_t>> duration_parameter(const FormValues& form, std::string_view name);

/// 1, t, T, TRUE, true, True, and so on.
Result<bool> bool_parameter(const FormValues& form, std::string_view name, bool fallback);

/// `limit`: 0 (none) or more.
Result<int64_t> limit_parameter(const FormValues& form);

/// `start` and `end` of the label and series calls: all of time without them, or, where
/// `default_range_ms` isn't 0, that much before `now_ms`.
Result<TimeRange> metadata_range(const FormValues& form, int64_t now_ms, int64_t default_range_ms);

/// The series selectors of all parameters of that name ("match[]", "storeMatch[]").
Result<std::vector<std::vector<Matcher>>> selectors_parameter(const FormValues& form,
                                                              std::string_view name);

/// `shard_info`: JSON as Thanos' query frontend sends it; nothing without one.
Result<std::optional<ShardInfo>> shard_parameter(const FormValues& form);

}  // namespace mnemo::api
