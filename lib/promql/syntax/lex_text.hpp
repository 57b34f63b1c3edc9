// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mnemo::promql {

inline constexpr int32_t kEndOfText = -1;
inline constexpr int32_t kReplacementRune = 0xFFFD;  // what bytes that are no UTF-8 read as

/// One code point and how many bytes it takes (0 at the end of the text).
struct Rune {
  int32_t value = kEndOfText;
  size_t bytes = 0;
};

Rune rune_at(std::string_view text, size_t position);

inline bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
inline bool is_alpha(int32_t c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_alphanumeric(int32_t c) { return is_alpha(c) || is_digit(c); }
/// The characters of `step`, `range`, `max_of` and `min_of`.
inline bool is_word_of_duration(char c) { return is_alpha(c); }

/// As Go's %q prints a character: 'x', '\n', '\x00'; the end of the text is U+FFFD.
std::string quote_rune(int32_t rune);
/// As Go's %q prints a text.
std::string quote_text(std::string_view text);

/// A quoted string scanned from after its opening quote.
struct StringScan {
  size_t end = 0;     // after the closing quote
  std::string error;  // empty: well-formed
};

StringScan scan_string(std::string_view text, size_t position, char quote);

/// The value of a scanned string, quotes included in `quoted`; false where it is malformed.
bool unquote(std::string_view quoted, std::string& out);

}  // namespace mnemo::promql
