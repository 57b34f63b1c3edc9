// SPDX-License-Identifier: Apache-2.0
// The proleptic Gregorian calendar over the whole range of 64-bit seconds, as Go has it: days are
// counted from the first of March of a year so early that no time lies before it, and what doesn't
// fit wraps around.
#include "promql/functions/elementwise.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>

namespace mnemo::promql {
namespace {

constexpr uint64_t kSecondsPerDay = 86400;
constexpr uint64_t kDaysPer400Years = 146097;
constexpr int64_t kFirstYear = -292277022400;
/// Days from the first of March of kFirstYear to 1970-01-01.
constexpr uint64_t kDaysBeforeEpoch =
    static_cast<uint64_t>(-kFirstYear) / 400 * kDaysPer400Years + 306 + 719162;

struct Date {
  int64_t year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int weekday = 0;  // 0: Sunday
};

bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_of_month(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

/// What Go on x86-64 makes of a float that is no int64.
int64_t to_seconds(double value) {
  constexpr double kLimit = 9223372036854775808.0;
  if (value >= -kLimit && value < kLimit) return static_cast<int64_t>(value);
  return std::numeric_limits<int64_t>::min();
}

Date date_of(double value) {
  uint64_t seconds = static_cast<uint64_t>(to_seconds(value)) + kDaysBeforeEpoch * kSecondsPerDay;
  uint64_t days = seconds / kSecondsPerDay;
  uint64_t second = seconds % kSecondsPerDay;
  uint64_t era = days / kDaysPer400Years;
  uint64_t day_of_era = days % kDaysPer400Years;
  uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint64_t march_month = (5 * day_of_year + 2) / 153;
  Date date;
  date.day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1);
  date.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  date.year = static_cast<int64_t>(era * 400 + year_of_era) + kFirstYear + (date.month <= 2);
  date.hour = static_cast<int>(second / 3600);
  date.minute = static_cast<int>(second % 3600 / 60);
  date.weekday = static_cast<int>((days + 3) % 7);  // that first of March was a Wednesday
  return date;
}

int day_of_year(const Date& date) {
  int day = date.day;
  for (int month = 1; month < date.month; ++month) day += days_of_month(date.year, month);
  return day;
}

template <typename Read>
void each(std::span<double> values, Read&& read) {
  for (double& value : values) value = static_cast<double>(read(date_of(value)));
}

struct Named {
  std::string_view name;
  FloatFunction function;
};

constexpr Named kFunctions[] = {
    {"days_in_month",
     [](std::span<double> v) {
       each(v, [](const Date& d) { return days_of_month(d.year, d.month); });
     }},
    {"day_of_month", [](std::span<double> v) { each(v, [](const Date& d) { return d.day; }); }},
    {"day_of_week", [](std::span<double> v) { each(v, [](const Date& d) { return d.weekday; }); }},
    {"day_of_year", [](std::span<double> v) { each(v, day_of_year); }},
    {"hour", [](std::span<double> v) { each(v, [](const Date& d) { return d.hour; }); }},
    {"minute", [](std::span<double> v) { each(v, [](const Date& d) { return d.minute; }); }},
    {"month", [](std::span<double> v) { each(v, [](const Date& d) { return d.month; }); }},
    {"year", [](std::span<double> v) { each(v, [](const Date& d) { return d.year; }); }},
};

}  // namespace

FloatFunction find_date_function(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const Named& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : found->function;
}

}  // namespace mnemo::promql
