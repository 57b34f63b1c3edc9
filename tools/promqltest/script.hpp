// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mnemo::promqltest {

/// One point of a series in a script: nothing, a float or a histogram.
struct SequenceValue {
  bool omitted = false;
  double value = 0;
  std::shared_ptr<const FloatHistogram> histogram;
  bool has_reset_hint = false;  // the script says which reset hint the histogram has
};

/// A line `metric{label="value"} 1 2+1x5 _ stale {{schema:1 count:3}}`.
struct SeriesLine {
  Labels labels;
  std::vector<SequenceValue> values;
  std::vector<std::optional<int64_t>> start_offsets_ms;  // of an `@st` line; as long as values
};

struct ClearCommand {};

struct LoadCommand {
  int64_t interval_ms = 0;
  bool with_custom_buckets = false;  // also as native histograms with custom buckets
  std::vector<SeriesLine> series;
};

enum class ExpectKind { kOrdered, kFail, kWarn, kNoWarn, kInfo, kNoInfo };

/// An `expect` line: the text that a message must be, or a pattern that it must match.
struct Expectation {
  std::string message;
  std::shared_ptr<const re2::RE2> pattern;  // null: `message` holds

  bool matches(std::string_view text) const;
  std::string to_string() const { return pattern ? pattern->pattern() : message; }
};

struct ExpectedSeries {
  size_t position = 0;  // from 1, in the order of the script
  std::vector<SequenceValue> values;
};

struct EvalCommand {
  std::string expression;
  bool is_range = false;
  int64_t eval_ms = 0;  // of an instant query
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;
  std::map<ExpectKind, std::vector<Expectation>> expectations;
  bool only_instant = false;  // its result has no counterpart in a range query
  std::optional<double> expected_scalar;
  std::string expected_string;
  std::map<Labels, ExpectedSeries> expected;

  bool expects(ExpectKind kind) const { return expectations.count(kind) > 0; }
};

struct Command {
  size_t line = 0;  // from 1
  std::variant<ClearCommand, LoadCommand, EvalCommand> what;
};

/// Parses a script (grammar: the README of Prometheus' promqltest). Errors: InvalidArgument with
/// "line N: ".
Result<std::vector<Command>> parse_script(std::string_view text);

/// Parses the labels and values of a series line.
Result<SeriesLine> parse_series_line(std::string_view line);

/// Parses `{{schema:1 sum:3 ...}}` at the start of `text`, and takes it off.
struct HistogramText {
  FloatHistogram histogram;
  bool has_reset_hint = false;
};
Result<HistogramText> parse_histogram(std::string_view& text);

/// a += sign * b, for histograms with the same zero bucket. Errors: InvalidArgument.
Status add_histogram(FloatHistogram& a, const FloatHistogram& b, double sign);

/// The buckets that are not empty, by index.
std::map<int64_t, double> buckets_by_index(const std::vector<Span>& spans,
                                           const std::vector<double>& counts);

/// As scripts write it.
std::string to_string(const FloatHistogram& histogram);

}  // namespace mnemo::promqltest
