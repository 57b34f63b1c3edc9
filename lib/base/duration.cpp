// SPDX-License-Identifier: Apache-2.0
#include "base/duration.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

namespace mnemo {
namespace {

struct Unit {
  std::string_view name;
  double ms;
};

// "ms" before "m": the longer name is tried first.
constexpr std::array<Unit, 10> kUnits = {{{"ns", 1e-6},
                                          {"us", 1e-3},
                                          {"\xc2\xb5s", 1e-3},
                                          {"ms", 1},
                                          {"s", 1e3},
                                          {"m", 60e3},
                                          {"h", 3600e3},
                                          {"d", 86400e3},
                                          {"w", 7 * 86400e3},
                                          {"y", 365 * 86400e3}}};

const Unit* unit_at(std::string_view text) {
  for (const auto& unit : kUnits) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

/// Reads exactly `count` digits at the start of `text` and removes them; -1 if there are fewer.
int take_digits(std::string_view& text, size_t count) {
  int number = -1;
  if (text.size() < count) return -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc() || end != text.data() + count || text[0] == '-') return -1;
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

/// The fraction of a second after the point, in milliseconds; -1 if there is no digit.
int take_fraction_ms(std::string_view& text) {
  int ms = 0;
  int scale = 100;
  size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    ms += (text[digits] - '0') * scale;
    scale /= 10;
  }
  text.remove_prefix(digits);
  return digits == 0 ? -1 : ms;
}

/// Reads "Z" or "+hh:mm" to the end of `text`, in minutes.
bool take_zone(std::string_view text, int& minutes) {
  minutes = 0;
  if (text == "Z" || text == "z") return true;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hour = take_digits(text, 2);
  if (!take(text, ':')) return false;
  int minute = take_digits(text, 2);
  minutes = sign * (hour * 60 + minute);
  return text.empty() && hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
}

}  // namespace

Result<int64_t> parse_duration_ms(std::string_view text) {
  auto bad = [whole = text] {
    return Status::invalid_argument("not a valid duration string: \"" +
                                    std::string(whole.substr(0, 64)) + "\"");
  };
  double sign = text.starts_with('-') ? -1 : 1;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return bad();
  double total = 0;
  while (!text.empty()) {
    if (text[0] != '.' && (text[0] < '0' || text[0] > '9')) return bad();
    double number = 0;
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc()) return bad();
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const Unit* unit = unit_at(text);
    if (unit == nullptr) return bad();
    text.remove_prefix(unit->name.size());
    total += number * unit->ms;
  }
  if (total >= static_cast<double>(std::numeric_limits<int64_t>::max())) return bad();
  return static_cast<int64_t>(std::trunc(sign * total));
}

std::string format_duration_ms(int64_t ms) {
  if (ms == 0) return "0s";
  struct Part {
    const char* name;
    uint64_t ms;
    bool only_exact;  // years and weeks only where nothing is left over
  };
  static constexpr std::array<Part, 7> kParts = {{{"y", 365 * 86400000ULL, true},
                                                  {"w", 7 * 86400000ULL, true},
                                                  {"d", 86400000ULL, false},
                                                  {"h", 3600000, false},
                                                  {"m", 60000, false},
                                                  {"s", 1000, false},
                                                  {"ms", 1, false}}};
  std::string text = ms < 0 ? "-" : "";
  auto rest = ms < 0 ? 0 - static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  for (const auto& part : kParts) {
    if (part.only_exact && rest % part.ms != 0) continue;
    if (uint64_t count = rest / part.ms; count > 0) text += std::to_string(count) + part.name;
    rest %= part.ms;
  }
  return text;
}

Result<int64_t> parse_rfc3339_ms(std::string_view text) {
  auto bad = [whole = text] {
    return Status::invalid_argument("not a time in RFC 3339 form: \"" +
                                    std::string(whole.substr(0, 64)) + "\"");
  };
  int year = take_digits(text, 4);
  if (!take(text, '-')) return bad();
  int month = take_digits(text, 2);
  if (!take(text, '-')) return bad();
  int day = take_digits(text, 2);
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return bad();
  int hour = take_digits(text, 2);
  if (!take(text, ':')) return bad();
  int minute = take_digits(text, 2);
  if (!take(text, ':')) return bad();
  int second = take_digits(text, 2);
  int ms = take(text, '.') ? take_fraction_ms(text) : 0;
  int zone = 0;
  if (!take_zone(text, zone) || ms < 0) return bad();
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  bool in_range = year >= 0 && month >= 0 && day >= 0 && date.ok() && hour >= 0 && hour < 24 &&
                  minute >= 0 && minute < 60 && second >= 0 && second < 60;
  if (!in_range) return bad();
  int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute - zone) * 60000 + second * 1000 + ms;
}

std::string format_rfc3339(int64_t ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

}  // namespace mnemo
