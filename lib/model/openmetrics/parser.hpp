// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/line_reader.hpp"
#include "model/openmetrics/scanner.hpp"

#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace mnemo::openmetrics {

/// What the TYPE line before a sample says, as far as it changes labels: numbers in `le` of
/// histograms and in `quantile` of summaries are written anew ("1" becomes "1.0").
enum class Family : uint8_t { kOther, kHistogram, kSummary };
inline constexpr size_t kFamilies = 3;

/// Where in a text a parser may begin.
struct Position {
  uint64_t offset = 0;  // of the first byte of a line
  uint64_t lines = 0;   // how many come before it
  Family family = Family::kOther;
};

/// Reads the samples of a text in the OpenMetrics format, version 1.0, with Prometheus' grammar.
/// Metadata and exemplars are checked and left out.
///
/// Not thread-safe. Memory: one line.
/// Format: docs/formats/openmetrics.md.
///
///     Parser parser(read);
///     while (parser.next()) use(parser.series(), parser.time(), parser.value());
///     MNEMO_RETURN_IF_ERROR(parser.status());
class Parser {
 public:
  /// `read` gives the text from `from` on.
  explicit Parser(ReadBytes read, Position from = {}, size_t max_line = LineReader::kMaxLine);

  /// Goes to the next sample. False after `# EOF` and on failure. A caller that guesses what
  /// `series()` will be, from what an earlier call gave, saves time where it guesses right.
  bool next(std::string_view expected_series = {});
  /// Why there is no further sample: OK after `# EOF`. Errors: DataLoss (malformed; names the
  /// line), those of LineReader.
  const Status& status() const { return status_; }

  /// The series as it stands in the text; valid until `next`. Equal texts in equal families are
  /// equal series, but not the other way round.
  std::string_view series() const { return series_; }
  Family family() const { return family_; }
  /// In milliseconds since the epoch, cut off as Prometheus does it.
  std::optional<int64_t> time() const { return time_; }
  double value() const { return value_; }
  /// The labels of the sample's series; at least one.
  Labels labels();

  /// The line of the sample.
  uint64_t line_number() const { return lines_.number(); }
  /// Where the sample's line begins and what applies to it; the offset after it.
  Position position() const;
  uint64_t end_offset() const { return start_.offset + lines_.offset(); }

  /// A failure that names the sample's line.
  Status error(std::string_view what) const;

 private:
  enum class Outcome : uint8_t { kSample, kNothing, kEnd, kFailed };

  Outcome parse_line(std::string_view expected_series);
  bool parse_metadata(Scanner& scanner);
  bool parse_type(std::string_view text);
  bool parse_sample(Scanner& scanner, std::string_view expected_series);
  bool check_series();
  bool parse_exemplar(Scanner& scanner);
  bool parse_time(std::string_view word, std::optional<int64_t>& time);
  bool parse_value(std::string_view word, double& value);
  bool fail(std::string_view what);
  Outcome parse_end(Scanner& scanner);

  Position start_;
  LineReader lines_;
  Status status_;
  bool ended_ = false;
  Family family_;
  std::string_view series_;
  std::optional<int64_t> time_;
  double value_ = 0;
  SeriesText text_;  // of series_, unless it was guessed
  bool guessed_ = false;
  SeriesText exemplar_;
};

}  // namespace mnemo::openmetrics
