// SPDX-License-Identifier: Apache-2.0
#include "promqltest/compare.hpp"
#include "promqltest/load.hpp"
#include "promqltest/script.hpp"

#include "support/golden.hpp"

#include "base/file.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

using namespace mnemo;
using namespace mnemo::promqltest;

namespace {

/// Values and blanks as text.
std::string values_of(std::string_view line) {
  auto series = parse_series_line(line);
  REQUIRE_MESSAGE(series.ok(), series.status().message());
  std::string text;
  for (const auto& value : series->values) {
    if (!text.empty()) text += ' ';
    if (value.omitted) {
      text += '_';
    } else if (value.histogram) {
      text += to_string(*value.histogram);
    } else if (is_stale_nan(value.value)) {
      text += "stale";
    } else {
      text += std::to_string(static_cast<int>(value.value));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("promqltest: series values expand as documented") {
  CHECK_EQ(values_of("m{env=\"prod\"} 5 2+3x2 _ stale 1"), "5 2 5 8 _ stale 1");
  CHECK_EQ(values_of("m 1x3 _x2 10-2x2 -1"), "1 1 1 1 _ _ 10 8 6 -1");
  CHECK_EQ(values_of("m 1e2 0.5e1+1x1"), "100 5 6");
  CHECK_FALSE(parse_series_line("m 1x"));
  CHECK_FALSE(parse_series_line("m 1+2"));
  CHECK_FALSE(parse_series_line("m nonsense"));
  CHECK_FALSE(parse_series_line("m 1x99999999999"));
}

TEST_CASE("promqltest: histograms are read and added") {
  CHECK_EQ(values_of("m {{schema:1 sum:3 count:22 buckets:[5 10 7]}}"),
           "{{schema:1 count:22 sum:3 buckets:[5 10 7] counter_reset_hint:unknown}}");
  CHECK_EQ(values_of("m {{count:1 buckets:[1]}}+{{count:2 buckets:[0 2] offset:1}}x1"),
           "{{schema:0 count:1 sum:0 buckets:[1] counter_reset_hint:unknown}} "
           "{{schema:0 count:3 sum:0 buckets:[1 0 2] counter_reset_hint:unknown}}");
  CHECK_FALSE(parse_series_line("m {{sum:1 sum:2}}"));
  CHECK_FALSE(parse_series_line("m {{sum:1"));
  CHECK_FALSE(parse_series_line("m {{buckets:[1 2}}"));
}

TEST_CASE("promqltest: floats are almost equal within a millionth") {
  double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(almost_equal(1, 1 + 1e-7));
  CHECK_FALSE(almost_equal(1, 1 + 1e-5));
  CHECK(almost_equal(nan, -nan));
  CHECK_FALSE(almost_equal(nan, stale_nan()));
  CHECK(almost_equal(stale_nan(), stale_nan()));
  CHECK_FALSE(almost_equal(0, 1e-9));
  CHECK_FALSE(almost_equal(INFINITY, -INFINITY));
}

TEST_CASE("promqltest: loaded histograms get the reset hints that chunks keep") {
  auto line = parse_series_line(
      "m {{count:1}} {{count:2}} {{count:1}} {{count:1 counter_reset_hint:gauge}} {{count:2}}");
  REQUIRE(line);
  LoadCommand load;
  load.interval_ms = 1000;
  load.series.push_back(*line);
  MemoryQueryable storage;
  REQUIRE(apply_load(load, storage).ok());
  std::vector<CounterResetHint> hints;
  for (const auto& histogram : storage.series(line->labels).histograms) {
    hints.push_back(histogram->counter_reset_hint);
  }
  using Hint = CounterResetHint;
  CHECK_EQ(hints, std::vector<Hint>{Hint::kUnknown, Hint::kNotReset, Hint::kUnknown, Hint::kGauge,
                                    Hint::kUnknown});
}

TEST_CASE("promqltest: classic histograms become ones with custom buckets") {
  std::vector<SeriesLine> lines;
  for (const char* text :
       {"h_bucket{le=\"1\"} 2", "h_bucket{le=\"+Inf\"} 5", "h_sum 9", "h_count 5", "other 1"}) {
    lines.push_back(*parse_series_line(text));
  }
  auto converted = with_custom_buckets(lines);
  REQUIRE(converted);
  REQUIRE_EQ(converted->size(), 1);
  CHECK_EQ(converted->front().labels, Labels{{"__name__", "h"}});
  CHECK_EQ(to_string(*converted->front().values.front().histogram),
           "{{schema:-53 count:5 sum:9 custom_values:[1] buckets:[2 3] "
           "counter_reset_hint:unknown}}");
}

TEST_CASE("promqltest: a broken script names its line") {
  CHECK_EQ(parse_script("load 1m\n  m 1\n\nevil\n").status().message(),
           "line 4: invalid command \"evil\"");
  CHECK_FALSE(parse_script("load x\n  m 1"));
  CHECK_FALSE(parse_script("eval instant at 1m sum("));
  CHECK_FALSE(parse_script("eval instant at 1m up\n  up 1 2"));
  CHECK_FALSE(parse_script("eval range from 2m to 1m step 1m up"));
  CHECK_FALSE(parse_script("eval instant at 1m up\n expect nothing"));
}

TEST_CASE("promqltest: Prometheus' scripts parse and load") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  size_t evaluations = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(golden->parent_path() / "promqltest")) {
    CAPTURE(entry.path().filename().string());
    auto text = read_file(entry.path(), 1 << 20);
    REQUIRE(text);
    auto commands = parse_script(*text);
    REQUIRE_MESSAGE(commands.ok(), commands.status().message());
    MemoryQueryable storage;
    for (const auto& command : *commands) {
      CAPTURE(command.line);
      if (std::holds_alternative<ClearCommand>(command.what)) storage.clear();
      if (std::holds_alternative<EvalCommand>(command.what)) ++evaluations;
      if (const auto* load = std::get_if<LoadCommand>(&command.what)) {
        CHECK_EQ(apply_load(*load, storage).message(), "");
      }
    }
  }
  CHECK_GT(evaluations, 1000);
}
