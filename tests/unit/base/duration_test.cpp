// SPDX-License-Identifier: Apache-2.0
#include "base/duration.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

TEST_CASE("duration: Prometheus' and Go's forms") {
  CHECK_EQ(*parse_duration_ms("1h30m"), 5'400'000);
  CHECK_EQ(*parse_duration_ms("1.5h"), 5'400'000);
  CHECK_EQ(*parse_duration_ms("2w"), 14 * 86'400'000LL);
  CHECK_EQ(*parse_duration_ms("0"), 0);
  CHECK_EQ(*parse_duration_ms("300ms"), 300);
  CHECK_EQ(*parse_duration_ms("-1d"), -86'400'000);
  CHECK_EQ(*parse_duration_ms("1m0s"), 60'000);
  for (const char* bad : {"", "-", "5", "5x", "m", "1h-5m", "1e3s", "99999999999999y"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration_ms(bad));
  }
}

TEST_CASE("duration: printed as Prometheus prints them") {
  CHECK_EQ(format_duration_ms(0), "0s");
  CHECK_EQ(format_duration_ms(5'400'000), "1h30m");
  CHECK_EQ(format_duration_ms(7 * 86'400'000LL), "1w");
  CHECK_EQ(format_duration_ms(8 * 86'400'000LL), "8d");
  CHECK_EQ(format_duration_ms(61'001), "1m1s1ms");
}

TEST_CASE("time: RFC 3339 with fractions and offsets") {
  CHECK_EQ(*parse_rfc3339_ms("2026-06-01T00:00:00Z"), 1'780'272'000'000);
  CHECK_EQ(format_rfc3339(1'780'272'000'999), "2026-06-01T00:00:00Z");
  CHECK_EQ(*parse_rfc3339_ms("2026-06-01T02:00:00.123456+02:00"), 1'780'272'000'123);
  CHECK_EQ(*parse_rfc3339_ms("0000-01-01T00:00:00Z"), -62'167'219'200'000);
  for (const char* bad : {"", "2026-06-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                          "2026-06-01T00:00:00", "2026-06-01T24:00:00Z", "2026-06-01T00:00:00.Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_rfc3339_ms(bad));
  }
}
