// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include "promql/syntax/lex_number.hpp"
#include "promql/syntax/parser.hpp"

#include <charconv>

namespace mnemo::promqltest {
namespace {

constexpr uint64_t kMostRepetitions = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t'; }

Status malformed(std::string_view what) {
  return Status::invalid_argument("series values: " + std::string(what));
}

/// Where the metric with its labels ends.
size_t metric_length(std::string_view line) {
  bool in_braces = false;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote != '`') {
        ++i;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (in_braces) {
      if (c == '"' || c == '\'' || c == '`') quote = c;
      if (c == '}') return i + 1;
    } else if (c == '{') {
      in_braces = true;
    } else if (is_space(c)) {
      return i;
    }
  }
  return line.size();
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// The word `expected`, in any case, at the start.
bool take_word(std::string_view& text, std::string_view expected) {
  if (text.size() < expected.size()) return false;
  for (size_t i = 0; i < expected.size(); ++i) {
    if ((text[i] | 0x20) != expected[i]) return false;
  }
  text.remove_prefix(expected.size());
  return true;
}

/// A number without a sign; it ends before an 'x' or a sign.
Result<double> take_unsigned(std::string_view& text) {
  if (take_word(text, "inf")) return promql::parse_number("inf");
  if (take_word(text, "nan")) return promql::parse_number("nan");
  size_t end = 0;
  while (end < text.size()) {
    char c = text[end];
    bool exponent_sign = (c == '+' || c == '-') && end > 0 && (text[end - 1] | 0x20) == 'e';
    if (!is_digit(c) && c != '.' && c != '_' && (c | 0x20) != 'e' && !exponent_sign) break;
    ++end;
  }
  if (end == 0) return malformed("number or \"stale\" expected at: " + std::string(text));
  auto value = promql::parse_number(text.substr(0, end));
  text.remove_prefix(end);
  return value;
}

Result<double> take_number(std::string_view& text) {
  bool minus = take(text, '-');
  if (!minus) take(text, '+');
  MNEMO_TRY(double value, take_unsigned(text));
  return minus ? -value : value;
}

Result<uint64_t> take_repetitions(std::string_view& text) {
  if (!take(text, 'x')) return malformed("\"x\" expected at: " + std::string(text));
  uint64_t count = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return malformed("invalid repetition in series values");
  if (count > kMostRepetitions) return malformed("too many repetitions");
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return count;
}

bool at_end_of_item(std::string_view text) { return text.empty() || is_space(text.front()); }

Status take_blank(std::string_view& text, std::vector<SequenceValue>& out) {
  uint64_t count = 1;
  if (!at_end_of_item(text)) {
    MNEMO_TRY(count, take_repetitions(text));
  }
  SequenceValue blank;
  blank.omitted = true;
  out.insert(out.end(), count, blank);
  return {};
}

Status take_float_item(std::string_view& text, std::vector<SequenceValue>& out) {
  SequenceValue item;
  if (take_word(text, "stale")) {
    item.value = stale_nan();
  } else {
    MNEMO_TRY(item.value, take_number(text));
  }
  double step = 0;
  bool has_step = !text.empty() && (text.front() == '+' || text.front() == '-');
  if (has_step) {
    MNEMO_TRY(step, take_number(text));
  }
  uint64_t count = 0;
  if (has_step || !at_end_of_item(text)) {
    MNEMO_TRY(count, take_repetitions(text));
  }
  for (uint64_t i = 0; i <= count; ++i) {
    out.push_back(item);
    if (has_step) item.value += step;
  }
  return {};
}

SequenceValue histogram_value(const FloatHistogram& histogram, bool has_reset_hint) {
  SequenceValue value;
  value.histogram = std::make_shared<FloatHistogram>(histogram);
  value.has_reset_hint = has_reset_hint;
  return value;
}

Status take_histogram_item(std::string_view& text, std::vector<SequenceValue>& out) {
  MNEMO_TRY(HistogramText item, parse_histogram(text));
  bool increases = take(text, '+');
  bool decreases = !increases && take(text, '-');
  HistogramText step;
  if (increases || decreases) {
    MNEMO_TRY(step, parse_histogram(text));
    item.has_reset_hint = step.has_reset_hint;
  }
  uint64_t count = 0;
  if (increases || decreases || !at_end_of_item(text)) {
    MNEMO_TRY(count, take_repetitions(text));
  }
  for (uint64_t i = 0; i <= count; ++i) {
    out.push_back(histogram_value(item.histogram, item.has_reset_hint));
    if ((increases || decreases) && i < count) {
      MNEMO_RETURN_IF_ERROR(add_histogram(item.histogram, step.histogram, increases ? 1.0 : -1.0));
    }
  }
  return {};
}

Result<std::vector<SequenceValue>> parse_values(std::string_view text) {
  std::vector<SequenceValue> values;
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) return values;
    if (take(text, '_')) {
      MNEMO_RETURN_IF_ERROR(take_blank(text, values));
    } else if (text.front() == '{') {
      MNEMO_RETURN_IF_ERROR(take_histogram_item(text, values));
    } else {
      MNEMO_RETURN_IF_ERROR(take_float_item(text, values));
    }
    if (!at_end_of_item(text)) return malformed("unexpected: " + std::string(text));
  }
}

/// A duration of one unit with a sign, as start timestamps have it.
Result<int64_t> take_offset(std::string_view& text) {
  bool minus = take(text, '-');
  if (!minus) take(text, '+');
  size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  while (end < text.size() && text[end] >= 'a' && text[end] <= 'z' && text[end] != 'x') ++end;
  MNEMO_TRY(int64_t ms, promql::parse_duration_literal(text.substr(0, end)));
  text.remove_prefix(end);
  return minus ? -ms : ms;
}

Status take_start_item(std::string_view& text, std::vector<std::optional<int64_t>>& out) {
  if (take(text, '_')) {
    uint64_t count = 1;
    if (!at_end_of_item(text)) {
      MNEMO_TRY(count, take_repetitions(text));
    }
    out.insert(out.end(), count, std::nullopt);
    return {};
  }
  MNEMO_TRY(int64_t offset, take_offset(text));
  int64_t step = 0;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    MNEMO_TRY(step, take_offset(text));
  }
  uint64_t count = 0;
  if (!at_end_of_item(text)) {
    MNEMO_TRY(count, take_repetitions(text));
  }
  for (uint64_t i = 0; i <= count; ++i) {
    out.emplace_back(offset);
    offset += step;
  }
  return {};
}

Result<std::vector<std::optional<int64_t>>> parse_start_offsets(std::string_view text) {
  std::vector<std::optional<int64_t>> offsets;
  while (true) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty()) return offsets;
    MNEMO_RETURN_IF_ERROR(take_start_item(text, offsets));
    if (!at_end_of_item(text)) return malformed("unexpected: " + std::string(text));
  }
}

}  // namespace

Result<SeriesLine> parse_series_line(std::string_view line) {
  constexpr std::string_view kStartTimes = "@st";
  size_t length = metric_length(line);
  std::string_view metric = line.substr(0, length);
  std::string_view rest = line.substr(length);
  bool starts = metric.ends_with(kStartTimes);
  if (starts) metric.remove_suffix(kStartTimes.size());
  if (!starts && rest.substr(0, kStartTimes.size()) == kStartTimes) {
    starts = true;
    rest.remove_prefix(kStartTimes.size());
  }
  SeriesLine series;
  MNEMO_TRY(series.labels, promql::parse_metric(metric));
  if (starts) {
    MNEMO_TRY(series.start_offsets_ms, parse_start_offsets(rest));
  } else {
    MNEMO_TRY(series.values, parse_values(rest));
  }
  return series;
}

}  // namespace mnemo::promqltest
