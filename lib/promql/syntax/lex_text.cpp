// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/lex_text.hpp"

#include "base/quote.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

namespace mnemo::promql {
namespace {

int digit_value(int32_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

/// As Go's %#U prints a character: U+0078 'x'.
std::string code_point_text(int32_t rune) {
  std::string text = fmt::format("U+{:04X}", rune);
  if (rune >= 0x20 && rune != 0x7f) {
    text += " '";
    append_utf8(text, static_cast<uint32_t>(rune));
    text += '\'';
  }
  return text;
}

/// What follows the letter of an escape: how many digits in which base, and the largest value.
struct NumericEscape {
  int digits = 0;
  int base = 16;
  uint32_t largest = 0x10FFFF;
};

NumericEscape numeric_escape(int32_t letter) {
  switch (letter) {
    case 'x': return {2, 16, 255};
    case 'u': return {4, 16, 0x10FFFF};
    case 'U': return {8, 16, 0x10FFFF};
    default: return letter >= '0' && letter <= '7' ? NumericEscape{3, 8, 255} : NumericEscape{};
  }
}

/// Checks the escape after a backslash at `position`, and moves behind it. Returns what is wrong.
std::string check_escape(std::string_view text, size_t& position, char quote) {
  Rune letter = rune_at(text, position);
  if (letter.value == kEndOfText) return "escape sequence not terminated";
  if (letter.value < 0x80 && (std::string_view("abfnrtv\\").find(static_cast<char>(letter.value)) !=
                                  std::string_view::npos ||
                              letter.value == quote)) {
    ++position;
    return {};
  }
  NumericEscape escape = numeric_escape(letter.value);
  if (escape.digits == 0) return "unknown escape sequence " + code_point_text(letter.value);
  if (escape.base == 16) ++position;
  uint32_t value = 0;
  for (int i = 0; i < escape.digits; ++i) {
    Rune digit = rune_at(text, position);
    if (digit.value == kEndOfText) return "escape sequence not terminated";
    if (digit_value(digit.value) >= escape.base) {
      return "illegal character " + code_point_text(digit.value) + " in escape sequence";
    }
    value = value * static_cast<uint32_t>(escape.base) +
            static_cast<uint32_t>(digit_value(digit.value));
    position += digit.bytes;
  }
  if (value > escape.largest || (value >= 0xD800 && value < 0xE000)) {
    return "escape sequence is an invalid Unicode code point";
  }
  return {};
}

/// Appends what the escape after a backslash stands for. REQUIRES: check_escape liked it.
void append_escape(std::string_view text, size_t& position, std::string& out) {
  static constexpr std::string_view kLetters = "abfnrtv";
  static constexpr std::string_view kValues = "\a\b\f\n\r\t\v";
  char letter = text[position];
  NumericEscape escape = numeric_escape(letter);
  if (escape.digits == 0) {
    ++position;
    size_t known = kLetters.find(letter);
    out += known == std::string_view::npos ? letter : kValues[known];
    return;
  }
  if (escape.base == 16) ++position;
  uint32_t value = 0;
  for (int i = 0; i < escape.digits; ++i) {
    value = value * static_cast<uint32_t>(escape.base) +
            static_cast<uint32_t>(digit_value(text[position++]));
  }
  if (escape.largest == 255) {
    out += static_cast<char>(value);
  } else {
    append_utf8(out, value);
  }
}

}  // namespace

Rune rune_at(std::string_view text, size_t position) {
  if (position >= text.size()) return {};
  size_t length = utf8_sequence_length(text.substr(position));
  if (length == 0) return {kReplacementRune, 1};
  auto at = [&](size_t i) { return static_cast<uint8_t>(text[position + i]); };
  if (length == 1) return {at(0), 1};
  int32_t value = at(0) & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) value = (value << 6) | (at(i) & 0x3F);
  return {value, length};
}

std::string quote_rune(int32_t rune) {
  std::string text;
  if (rune == '\'') return "'\\''";
  if (rune == '"') return "'\"'";
  append_utf8(text, static_cast<uint32_t>(rune < 0 ? kReplacementRune : rune));
  std::string quoted = go_quoted(text);
  quoted.front() = '\'';
  quoted.back() = '\'';
  return quoted;
}

std::string quote_text(std::string_view text) { return go_quoted(text); }

StringScan scan_string(std::string_view text, size_t position, char quote) {
  bool raw = quote == '`';
  while (true) {
    Rune c = rune_at(text, position);
    if (c.value == kReplacementRune) return {position, "invalid UTF-8 rune"};
    if (c.value == kEndOfText || (!raw && c.value == '\n')) {
      return {position, raw ? "unterminated raw string" : "unterminated quoted string"};
    }
    position += c.bytes;
    if (c.value == quote) return {position, {}};
    if (!raw && c.value == '\\') {
      std::string wrong = check_escape(text, position, quote);
      if (!wrong.empty()) return {position, std::move(wrong)};
    }
  }
}

bool unquote(std::string_view quoted, std::string& out) {
  out.clear();
  if (quoted.size() < 2 || quoted.front() != quoted.back()) return false;
  char quote = quoted.front();
  std::string_view inner = quoted.substr(1, quoted.size() - 2);
  if (quote == '`') {
    out = inner;
    return true;
  }
  for (size_t i = 0; i < inner.size();) {
    if (inner[i] != '\\') {
      out += inner[i++];
      continue;
    }
    size_t checked = ++i;
    if (!check_escape(inner, checked, quote).empty()) return false;
    append_escape(inner, i, out);
  }
  return true;
}

}  // namespace mnemo::promql
