// SPDX-License-Identifier: Apache-2.0
#include "api/parameters.hpp"

#include "base/duration.hpp"
#include "base/quote.hpp"
#include "promql/syntax/parser.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace mnemo::api {
namespace {

/// Prometheus' bounds for "all of time", in milliseconds.
constexpr int64_t kGoZeroTimeSeconds = 62135596801;
constexpr int64_t kFirstTime = (kMinTime / 1000 + kGoZeroTimeSeconds) * 1000;
constexpr int64_t kLastTime = (kMaxTime / 1000 - kGoZeroTimeSeconds) * 1000 + 999;

std::optional<double> parse_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

/// Whether `text` is a sequence of numbers with the units y, w, d, h, m, s, ms, each at most once
/// and in this order.
bool is_prometheus_duration(std::string_view text) {
  constexpr std::array<std::string_view, 7> kUnits = {"y", "w", "d", "h", "m", "s", "ms"};
  size_t unit = 0;
  bool any = false;
  while (!text.empty()) {
    size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    auto found = std::find(kUnits.begin() + static_cast<std::ptrdiff_t>(unit), kUnits.end(),
                           text.substr(0, letters));
    if (digits == 0 || found == kUnits.end()) return false;
    unit = static_cast<size_t>(found - kUnits.begin()) + 1;
    text.remove_prefix(letters);
    any = true;
  }
  return any;
}

Status in_parameter(std::string_view name, const Status& status) {
  return Status::invalid_argument("'" + std::string(name) + "' parameter: " + status.message());
}

}  // namespace

Result<int64_t> parse_time(std::string_view text) {
  constexpr double kMostSeconds = 9.2e15;
  if (auto seconds = parse_number(text); seconds && std::fabs(*seconds) <= kMostSeconds) {
    double whole = 0;
    double fraction = std::modf(*seconds, &whole);
    return static_cast<int64_t>(whole) * 1000 + static_cast<int64_t>(std::round(fraction * 1000));
  }
  if (auto time = parse_rfc3339_ms(text)) return *time;
  return Status::invalid_argument("cannot parse " + go_quoted(text) + " to a valid timestamp");
}

Result<int64_t> time_parameter(const FormValues& form, std::string_view name, int64_t fallback) {
  const auto& text = form.get(name);
  if (text.empty()) return fallback;
  auto time = parse_time(text);
  if (time.ok()) return time;
  return Status::invalid_argument("Invalid time value for '" + std::string(name) +
                                  "': " + time.status().message());
}

Result<int64_t> parse_duration(std::string_view text) {
  std::string problem = "cannot parse " + go_quoted(text) + " to a valid duration";
  if (auto seconds = parse_number(text)) {
    double nanoseconds = *seconds * 1e9;
    if (!(std::fabs(nanoseconds) < 0x1p63)) {
      return Status::invalid_argument(problem + ". It overflows int64");
    }
    return static_cast<int64_t>(nanoseconds) / 1'000'000;
  }
  if (is_prometheus_duration(text)) {
    if (auto duration = parse_duration_ms(text)) return *duration;
  }
  return Status::invalid_argument(problem);
}

Result<std::optional<int64_t>> duration_parameter(const FormValues& form, std::string_view name) {
  const auto& text = form.get(name);
  if (text.empty()) return std::optional<int64_t>();
  auto duration = parse_duration(text);
  if (!duration) return in_parameter(name, duration.status());
  return std::optional<int64_t>(*duration);
}

Result<bool> bool_parameter(const FormValues& form, std::string_view name, bool fallback) {
  const auto& text = form.get(name);
  if (text.empty()) return fallback;
  for (const char* word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return true;
  }
  for (const char* word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return false;
  }
  return in_parameter(name, Status::invalid_argument("strconv.ParseBool: parsing " +
                                                     go_quoted(text) + ": invalid syntax"));
}

Result<int64_t> limit_parameter(const FormValues& form) {
  const auto& text = form.get("limit");
  if (text.empty()) return 0;
  std::string_view digits = text;
  if (digits.front() == '+') digits.remove_prefix(1);
  int64_t limit = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), limit);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return Status::invalid_argument("cannot parse " + go_quoted(text) + " to a valid limit");
  }
  if (limit < 0) return Status::invalid_argument("limit must be non-negative");
  return limit;
}

Result<TimeRange> metadata_range(const FormValues& form, int64_t now_ms, int64_t default_range_ms) {
  bool all = default_range_ms == 0;
  auto start = time_parameter(form, "start", all ? kFirstTime : now_ms - default_range_ms);
  if (!start) return std::move(start).status().with_context("bad_data");
  auto end = time_parameter(form, "end", all ? kLastTime : now_ms);
  if (!end) return std::move(end).status().with_context("bad_data");
  if (*end < *start) {
    return Status::invalid_argument("bad_data: end timestamp must not be before start time");
  }
  return TimeRange{*start, *end};
}

Result<std::vector<std::vector<Matcher>>> selectors_parameter(const FormValues& form,
                                                              std::string_view name) {
  std::vector<std::vector<Matcher>> sets;
  for (const auto& text : form.all(name)) {
    MNEMO_TRY(auto matchers, promql::parse_selector(text));
    sets.push_back(std::move(matchers));
  }
  return sets;
}

Result<std::optional<ShardInfo>> shard_parameter(const FormValues& form) {
  const auto& text = form.get("shard_info");
  if (text.empty()) return std::optional<ShardInfo>();
  auto json = nlohmann::json::parse(text, nullptr, false);
  auto problem = Status::invalid_argument("could not unmarshal parameter shard_info");
  if (!json.is_object()) return problem;
  ShardInfo info;
  auto number = [&](const char* name, int64_t& out) {
    auto member = json.find(name);
    if (member == json.end()) return true;
    if (!member->is_number_integer()) return false;
    out = member->get<int64_t>();
    return true;
  };
  if (!number("shard_index", info.shard_index) || !number("total_shards", info.total_shards)) {
    return problem;
  }
  if (auto by = json.find("by"); by != json.end()) {
    if (!by->is_boolean()) return problem;
    info.by = by->get<bool>();
  }
  if (auto labels = json.find("labels"); labels != json.end() && labels->is_array()) {
    for (const auto& label : *labels) {
      if (!label.is_string()) return problem;
      info.labels.push_back(label.get<std::string>());
    }
  }
  return std::optional<ShardInfo>(std::move(info));
}

}  // namespace mnemo::api
