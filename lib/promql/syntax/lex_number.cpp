// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/lex_number.hpp"

#include "base/quote.hpp"
#include "promql/syntax/lex_text.hpp"

#include <cctype>
#include <charconv>
#include <iterator>
#include <limits>
#include <string>

namespace mnemo::promql {
namespace {

/// Reads characters one after the other, as the scanning rules are written.
class Cursor {
 public:
  Cursor(std::string_view text, size_t position) : text_(text), position_(position) {}

  size_t position() const { return position_; }
  bool at_end() const { return position_ >= text_.size(); }
  int32_t peek() const { return at_end() ? kEndOfText : static_cast<uint8_t>(text_[position_]); }
  bool is_any(std::string_view set) const {
    return !at_end() && set.find(text_[position_]) != std::string_view::npos;
  }
  bool accept(std::string_view set) {
    if (!is_any(set)) return false;
    ++position_;
    return true;
  }
  void skip() { ++position_; }
  void accept_run(std::string_view set) {
    while (accept(set)) {
    }
  }

 private:
  std::string_view text_;
  size_t position_;
};

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

/// Digits, one dot, one exponent and underscores; what may not follow what is refused.
bool scan_number(Cursor& cursor) {
  std::string_view digits = kDigits;
  if (cursor.accept("0") && cursor.accept("xX")) {
    cursor.accept("_");
    digits = kHexDigits;
  }
  bool hex = digits.size() > kDigits.size();
  cursor.accept(".");
  cursor.accept(digits);
  bool dot = false;
  bool exponent = false;
  while (cursor.is_any(digits) || cursor.is_any("._eE")) {
    if (cursor.is_any(".") && dot) return cursor.accept("."), false;
    if (cursor.is_any("eE") && exponent) return cursor.accept("eE"), false;
    if (cursor.accept(".")) {
      dot = true;
      if (cursor.accept("_.") || hex) return false;
    } else if (cursor.accept("eE")) {
      exponent = true;
      cursor.accept("+-");
      if (cursor.accept("._eE") || cursor.at_end()) return false;
    } else if (cursor.accept("_")) {
      if (cursor.accept("._eE") || cursor.at_end()) return false;
    } else {
      cursor.accept_run(digits);
    }
  }
  return !is_alphanumeric(cursor.peek());
}

/// The units after a duration's first digits, which the number's rules have taken already.
bool scan_duration_rest(Cursor& cursor) {
  if (!cursor.accept("smhdwy")) return false;
  cursor.accept("s");
  while (cursor.is_any(kDigits)) {
    cursor.accept_run(kDigits);
    if (!cursor.accept("smhdw")) return false;
    cursor.accept("s");
  }
  if (!is_alphanumeric(cursor.peek())) return true;
  cursor.skip();  // shown in the error
  return false;
}

Status number_error(std::string_view text, std::string_view reason) {
  return Status::invalid_argument("strconv.ParseFloat: parsing " + go_quoted(text) + ": " +
                                  std::string(reason));
}

/// Go's rule: an underscore stands between digits, or between the base prefix and a digit.
bool underscores_are_well_placed(std::string_view text) {
  bool hex = text.size() > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  char before = '.';
  size_t i = 0;
  if (hex) {
    before = '0';
    i = 2;
  }
  for (; i < text.size(); ++i) {
    char c = text[i];
    bool digit = is_digit(c) || (hex && std::isxdigit(static_cast<unsigned char>(c)));
    if (digit) {
      before = '0';
    } else if (c == '_') {
      if (before != '0') return false;
      before = '_';
    } else {
      if (before == '_') return false;
      before = '.';
    }
  }
  return before != '_';
}

/// An integer with an optional prefix for its base, as Go's ParseInt reads it with base 0.
bool parse_integer(std::string_view digits, double& out) {
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    bool hex = digits[1] == 'x' || digits[1] == 'X';
    base = hex ? 16 : 8;
    digits.remove_prefix(hex ? 2 : 1);
  }
  int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return false;
  out = static_cast<double>(value);
  return true;
}

/// Whether a decimal number that is out of range is too small rather than too large.
bool is_tiny(std::string_view digits) {
  size_t exponent = digits.find_first_of("eE");
  if (exponent == std::string_view::npos) return digits.substr(0, 2) == "0." || digits[0] == '.';
  return digits.substr(exponent + 1, 1) == "-";
}

struct Unit {
  std::string_view name;
  uint64_t ms;
};

// From the largest; a duration names them in this order.
constexpr Unit kUnits[] = {
    {"y", 365ULL * 24 * 3600 * 1000},
    {"w", 7ULL * 24 * 3600 * 1000},
    {"d", 24ULL * 3600 * 1000},
    {"h", 3600ULL * 1000},
    {"m", 60ULL * 1000},
    {"s", 1000},
    {"ms", 1},
};

constexpr uint64_t kLongestDurationMs = std::numeric_limits<int64_t>::max() / 1'000'000;

}  // namespace

NumberScan scan_number_or_duration(std::string_view text, size_t position) {
  Cursor cursor(text, position);
  if (scan_number(cursor)) return {cursor.position(), true, false};
  if (scan_duration_rest(cursor)) return {cursor.position(), true, true};
  return {cursor.position(), false, false};
}

Result<double> parse_number(std::string_view text) {
  if (!underscores_are_well_placed(text)) return number_error(text, "invalid syntax");
  std::string digits;
  for (char c : text) {
    if (c != '_') digits += c;
  }
  double value = 0;
  if (parse_integer(digits, value)) return value;
  bool hex = digits.size() > 1 && (digits[1] == 'x' || digits[1] == 'X');
  if (hex) {
    bool has_digits = digits.size() > 2;
    return number_error(text, has_digits ? "value out of range" : "invalid syntax");
  }
  const char* last = digits.data() + digits.size();
  auto [end, error] = std::from_chars(digits.data(), last, value);
  if (error == std::errc::invalid_argument || end != last) {
    return number_error(text, "invalid syntax");
  }
  if (error == std::errc::result_out_of_range) {
    if (!is_tiny(digits)) return number_error(text, "value out of range");
    value = 0;
  }
  return value;
}

Result<int64_t> parse_duration_literal(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return Status::invalid_argument("empty duration string");
  auto malformed = [&] {
    return Status::invalid_argument("not a valid duration string: " + go_quoted(text));
  };
  const Unit* next_unit = std::begin(kUnits);
  uint64_t total = 0;
  for (size_t i = 0; i < text.size();) {
    uint64_t count = 0;
    auto [digits_end, error] =
        std::from_chars(text.data() + i, text.data() + text.size(), count, 10);
    if (error != std::errc()) return malformed();
    i = static_cast<size_t>(digits_end - text.data());
    size_t unit_start = i;
    while (i < text.size() && !is_digit(text[i])) ++i;
    std::string_view name = text.substr(unit_start, i - unit_start);
    if (name.empty()) return malformed();
    const Unit* unit = std::begin(kUnits);
    while (unit != std::end(kUnits) && unit->name != name) ++unit;
    if (unit == std::end(kUnits)) {
      return Status::invalid_argument("unknown unit " + go_quoted(name) + " in duration " +
                                      go_quoted(text));
    }
    if (unit < next_unit) return malformed();
    next_unit = unit + 1;
    if (count > kLongestDurationMs / unit->ms || (total += count * unit->ms) > kLongestDurationMs) {
      return Status::invalid_argument("duration out of range");
    }
  }
  return static_cast<int64_t>(total);
}

}  // namespace mnemo::promql
