// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mnemo::openmetrics {

/// A label as it stands in the text, with its escapes.
struct LabelText {
  std::string_view name;
  std::string_view value;
};

/// What names a series, as it stands in the text.
struct SeriesText {
  std::string_view metric;
  std::vector<LabelText> labels;
};

/// Whether quoted names without a value may stand among labels.
enum class MetricInBraces { kAllowed, kRefused };

/// Walks over the parts of one line. A function that finds what it looks for goes past it; one that
/// doesn't notes what was expected and stays (or stops within it), for the error's text.
///
/// Thread-compatible. Borrows the line.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  const char* position() const { return at_; }
  bool at_end() const { return at_ == end_; }
  void skip(size_t count) { at_ += count; }

  bool accept(std::string_view text);
  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, or in quotes.
  bool metric_name(std::string_view& name);
  /// A metric's name, labels in braces, or both; a name may stand in the braces.
  bool series(SeriesText& series);
  /// The labels after an opening brace, and the closing one.
  bool labels(SeriesText& series, MetricInBraces metric);
  /// A space, and all up to the next space or the line's end.
  bool word(std::string_view& text);
  /// All up to the line break, and that.
  bool rest(std::string_view& text);

  bool fail(std::string_view expected) {
    expected_ = expected;
    return false;
  }
  /// "expected a label name, found ...".
  std::string error() const;

 private:
  enum class Quoted { kName, kValue };

  bool is_at(char c) const { return at_ != end_ && *at_ == c; }
  bool quoted(Quoted what, std::string_view& content);
  bool label(SeriesText& series, MetricInBraces metric);

  const char* at_;
  const char* end_;
  std::string_view expected_;
};

}  // namespace mnemo::openmetrics
