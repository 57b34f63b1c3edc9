// SPDX-License-Identifier: Apache-2.0
#include "model/openmetrics/parser.hpp"

#include "base/number_text.hpp"
#include "base/parse_float.hpp"
#include "base/quote.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace mnemo::openmetrics {
namespace {

constexpr std::string_view kEnd = "# EOF";
constexpr std::string_view kNoEnd = "data does not end with # EOF";

/// Prometheus undoes three escapes and leaves others as they are.
std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == '"' || next == '\\') {
      plain += next;
      ++i;
    } else if (next == 'n') {
      plain += '\n';
      ++i;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// A label's name that another one has too, or that the metric's name has.
std::optional<std::string> name_that_stands_twice(const std::vector<LabelText>& labels) {
  constexpr size_t kFew = 16;
  bool is_simple = labels.size() <= kFew;
  for (size_t i = 0; is_simple && i < labels.size(); ++i) {
    auto name = labels[i].name;
    if (name == kMetricName) return std::string(name);
    for (size_t j = 0; j < i; ++j) {
      if (labels[j].name == name) return std::string(name);
    }
    is_simple = name.find('\\') == std::string_view::npos;
  }
  if (is_simple) return std::nullopt;
  std::vector<std::string> names = {std::string(kMetricName)};
  for (const auto& label : labels) names.push_back(unescape(label.name));
  std::sort(names.begin(), names.end());
  auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? std::nullopt : std::optional(*twice);
}

/// A number in a label as OpenMetrics wants it: with a point or an exponent.
std::string canonical_number(std::string text) {
  double value = 0;
  if (parse_float(text, value) != FloatParse::kOk) return text;
  if (value == 0) return "0.0";
  auto canonical = float_general(value);
  if (std::isfinite(value) && canonical.find_first_of("e.") == std::string::npos) {
    canonical += ".0";
  }
  return canonical;
}

}  // namespace

Parser::Parser(ReadBytes read, Position from, size_t max_line)
    : start_(from), lines_(std::move(read), max_line, from.lines), family_(from.family) {}

Position Parser::position() const {
  return {end_offset() - lines_.line().size(), line_number() - 1, family_};
}

Status Parser::error(std::string_view what) const {
  auto where = line_number() == 0 ? "" : "line " + std::to_string(line_number()) + ": ";
  return Status::data_loss(where + std::string(what));
}

bool Parser::fail(std::string_view what) {
  status_ = error(what);
  return false;
}

bool Parser::next(std::string_view expected_series) {
  while (!ended_ && lines_.next()) {
    switch (parse_line(expected_series)) {
      case Outcome::kSample: return true;
      case Outcome::kNothing: break;
      case Outcome::kEnd:
      case Outcome::kFailed: ended_ = true; break;
    }
  }
  if (ended_) return false;
  ended_ = true;
  status_ = lines_.status();
  if (status_.ok()) fail(kNoEnd);
  return false;
}

Parser::Outcome Parser::parse_line(std::string_view expected_series) {
  Scanner scanner(lines_.line());
  if (lines_.line()[0] == '#') {
    if (scanner.accept(kEnd)) return parse_end(scanner);
    return parse_metadata(scanner) ? Outcome::kNothing : Outcome::kFailed;
  }
  return parse_sample(scanner, expected_series) ? Outcome::kSample : Outcome::kFailed;
}

Parser::Outcome Parser::parse_end(Scanner& scanner) {
  bool alone = scanner.at_end() || (scanner.accept("\n") && scanner.at_end());
  if (!alone || lines_.next()) {
    fail("unexpected data after # EOF");
    return Outcome::kFailed;
  }
  status_ = lines_.status();
  return Outcome::kEnd;
}

bool Parser::parse_metadata(Scanner& scanner) {
  bool is_type = scanner.accept("# TYPE ");
  bool is_unit = !is_type && scanner.accept("# UNIT ");
  if (!is_type && !is_unit && !scanner.accept("# HELP ")) {
    scanner.fail("# HELP, # TYPE, # UNIT or # EOF (other comments are not OpenMetrics)");
    return fail(scanner.error());
  }
  std::string_view name;
  std::string_view text;
  if (!scanner.metric_name(name)) return fail(scanner.error());
  if (!scanner.accept(" ")) {
    scanner.fail("a space and a text after the metric's name");
    return fail(scanner.error());
  }
  if (!scanner.rest(text)) return fail(kNoEnd);
  if (is_type) return parse_type(text);
  if (!is_unit) return is_valid_utf8(text) || fail("help text is not valid UTF-8");
  bool is_suffix = name.size() > text.size() && name.ends_with(text) &&
                   name[name.size() - text.size() - 1] == '_';
  if (text.empty() || is_suffix) return true;
  return fail("unit " + go_quoted(text) + " is not a suffix of metric " + go_quoted(name));
}

bool Parser::parse_type(std::string_view text) {
  static constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram", "gaugehistogram",
                                                "summary", "info",  "stateset",  "unknown"};
  if (std::find(std::begin(kTypes), std::end(kTypes), text) == std::end(kTypes)) {
    return fail("invalid metric type " + go_quoted(text));
  }
  family_ = text == "histogram" ? Family::kHistogram
            : text == "summary" ? Family::kSummary
                                : Family::kOther;
  return true;
}

bool Parser::parse_sample(Scanner& scanner, std::string_view expected_series) {
  auto line = lines_.line();
  guessed_ = !expected_series.empty() && line.size() > expected_series.size() &&
             line[expected_series.size()] == ' ' && line.starts_with(expected_series);
  if (guessed_) {
    scanner.skip(expected_series.size());
  } else {
    if (!scanner.series(text_)) return fail(scanner.error());
    if (!check_series()) return false;
  }
  series_ = line.substr(0, static_cast<size_t>(scanner.position() - line.data()));
  std::string_view word;
  if (!scanner.word(word)) {
    scanner.fail("a space and a value after the series");
    return fail(scanner.error());
  }
  if (!parse_value(word, value_)) return false;
  time_.reset();
  if (scanner.accept(" # {")) return parse_exemplar(scanner);
  if (scanner.word(word)) {
    if (!parse_time(word, time_)) return false;
    if (scanner.accept(" # {")) return parse_exemplar(scanner);
  }
  if (scanner.at_end()) return fail(kNoEnd);
  if (scanner.accept("\n")) return true;
  scanner.fail(time_ ? "the end of the line or an exemplar after the timestamp"
                     : "a timestamp, an exemplar or the end of the line after the value");
  return fail(scanner.error());
}

/// Whether there are labels, and each name once.
bool Parser::check_series() {
  bool is_empty = text_.metric.empty();
  for (const auto& label : text_.labels) is_empty = is_empty && label.value.empty();
  if (is_empty) return fail("a series without labels");
  auto twice = name_that_stands_twice(text_.labels);
  return !twice || fail("label name " + go_quoted(*twice) + " is not unique");
}

bool Parser::parse_exemplar(Scanner& scanner) {
  exemplar_.labels.clear();
  std::string_view word;
  if (!scanner.labels(exemplar_, MetricInBraces::kRefused)) return fail(scanner.error());
  if (!scanner.word(word)) {
    scanner.fail("a space and a value after the exemplar's labels");
    return fail(scanner.error());
  }
  double value = 0;
  if (!parse_value(word, value)) return false;
  std::optional<int64_t> time;
  if (scanner.word(word) && !parse_time(word, time)) return false;
  if (scanner.at_end()) return fail(kNoEnd);
  if (scanner.accept("\n")) return true;
  scanner.fail(time ? "the end of the line after the exemplar's timestamp"
                    : "a timestamp or the end of the line after the exemplar's value");
  return fail(scanner.error());
}

bool Parser::parse_value(std::string_view word, double& value) {
  switch (parse_float(word, value)) {
    case FloatParse::kOk: return true;
    case FloatParse::kSyntax: return fail("expected a number, found " + go_quoted(word));
    case FloatParse::kOutOfRange: return fail("the number " + go_quoted(word) + " is too large");
  }
  return false;
}

bool Parser::parse_time(std::string_view word, std::optional<int64_t>& time) {
  constexpr double kTooLarge = 9223372036854775808.0;
  double seconds = 0;
  if (!parse_value(word, seconds)) return false;
  double ms = seconds * 1000;
  if (!(std::fabs(ms) < kTooLarge)) {
    return fail("invalid timestamp " + go_quoted(word));
  }
  time = static_cast<int64_t>(ms);
  return true;
}

Labels Parser::labels() {
  if (std::exchange(guessed_, false)) (void)Scanner(series_).series(text_);
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(text_.labels.size() + 1);
  pairs.emplace_back(kMetricName, unescape(text_.metric));
  for (const auto& label : text_.labels) {
    auto name = unescape(label.name);
    auto value = unescape(label.value);
    bool is_number = (family_ == Family::kHistogram && name == "le") ||
                     (family_ == Family::kSummary && name == "quantile");
    pairs.emplace_back(std::move(name), is_number ? canonical_number(std::move(value)) : value);
  }
  return Labels::from_pairs(std::move(pairs));
}

}  // namespace mnemo::openmetrics
