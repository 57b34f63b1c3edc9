// SPDX-License-Identifier: Apache-2.0
#include "base/parse_float.hpp"

#include "base/letter_case.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

namespace mnemo {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether a well-formed number that no double holds is too large; else it is too small.
bool is_too_large(std::string_view digits) {
  constexpr int64_t kLargest = 1'000'000'000;
  int64_t exponent = 0;
  auto e = digits.find_first_of("eE");
  if (e != std::string_view::npos) {
    auto text = digits.substr(e + 1);
    bool negative = text[0] == '-';
    for (char c : text.substr(is_digit(text[0]) ? 0 : 1)) {
      exponent = std::min(kLargest, exponent * 10 + (c - '0'));
    }
    if (negative) exponent = -exponent;
    digits = digits.substr(0, e);
  }
  auto point = std::min(digits.find('.'), digits.size());
  auto first = digits.find_first_not_of("0.");
  if (first == std::string_view::npos) return false;
  return exponent + static_cast<int64_t>(point) > static_cast<int64_t>(first);
}

FloatParse parse_special(std::string_view text, bool has_sign, double& value) {
  if (equal_ignoring_case(text, "inf") || equal_ignoring_case(text, "infinity")) {
    value = std::numeric_limits<double>::infinity();
    return FloatParse::kOk;
  }
  if (has_sign || !equal_ignoring_case(text, "nan")) return FloatParse::kSyntax;
  // Go's NaN, which is Prometheus' "normal" one.
  value = std::bit_cast<double>(uint64_t{0x7ff8000000000001});
  return FloatParse::kOk;
}

}  // namespace

FloatParse parse_float(std::string_view text, double& value) {
  if (text.empty()) return FloatParse::kSyntax;
  bool negative = text[0] == '-';
  bool has_sign = negative || text[0] == '+';
  if (has_sign) text.remove_prefix(1);
  if (text.empty()) return FloatParse::kSyntax;
  auto result = FloatParse::kOk;
  if (is_digit(text[0]) || text[0] == '.') {
    const char* last = text.data() + text.size();
    auto [end, error] = std::from_chars(text.data(), last, value);
    if (error == std::errc::invalid_argument || end != last) return FloatParse::kSyntax;
    if (error == std::errc::result_out_of_range) {
      if (is_too_large(text)) return FloatParse::kOutOfRange;
      value = 0;
    }
  } else {
    result = parse_special(text, has_sign, value);
  }
  if (negative) value = -value;
  return result;
}

}  // namespace mnemo
