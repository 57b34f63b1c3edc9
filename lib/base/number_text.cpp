// SPDX-License-Identifier: Apache-2.0
#include "base/number_text.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace mnemo {
namespace {

/// The shortest decimal digits d1 d2 d3... of a finite number, which is 0.d1d2d3... * 10^point.
struct Decimal {
  char digits[20];
  int count = 0;
  int point = 0;
};

Decimal shortest_decimal(double magnitude) {
  char text[40];
  auto end = std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific).ptr;
  Decimal decimal;
  const char* at = text;
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[decimal.count++] = *at;
  }
  ++at;  // 'e'
  bool negative = *at++ == '-';
  int exponent = 0;
  std::from_chars(at, end, exponent);
  decimal.point = (negative ? -exponent : exponent) + 1;
  if (decimal.count == 1 && decimal.digits[0] == '0') decimal.point = 1;
  return decimal;
}

void append_fixed(std::string& out, const Decimal& decimal) {
  if (decimal.point <= 0) {
    out += "0.";
    out.append(static_cast<size_t>(-decimal.point), '0');
    out.append(decimal.digits, static_cast<size_t>(decimal.count));
    return;
  }
  auto count = static_cast<size_t>(decimal.count);
  auto whole = static_cast<size_t>(decimal.point);
  if (count <= whole) {
    out.append(decimal.digits, count);
    out.append(whole - count, '0');
    return;
  }
  out.append(decimal.digits, whole);
  out += '.';
  out.append(decimal.digits + whole, count - whole);
}

void append_exponent(std::string& out, const Decimal& decimal) {
  out += decimal.digits[0];
  if (decimal.count > 1) {
    out += '.';
    out.append(decimal.digits + 1, static_cast<size_t>(decimal.count - 1));
  }
  int exponent = decimal.point - 1;
  out += exponent < 0 ? "e-" : "e+";
  exponent = std::abs(exponent);
  if (exponent < 10) out += '0';
  out += std::to_string(exponent);
}

/// Appends what is no finite number and the sign of what is; returns whether digits must follow.
bool append_special_or_sign(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return false;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return false;
  }
  if (std::signbit(value)) out += '-';
  return true;
}

}  // namespace

void append_float_fixed(std::string& out, double value) {
  if (append_special_or_sign(out, value)) append_fixed(out, shortest_decimal(std::fabs(value)));
}

void append_float_general(std::string& out, double value) {
  if (!append_special_or_sign(out, value)) return;
  Decimal decimal = shortest_decimal(std::fabs(value));
  int exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= 6) {
    append_exponent(out, decimal);
  } else {
    append_fixed(out, decimal);
  }
}

void append_float_exponent(std::string& out, double value) {
  if (append_special_or_sign(out, value)) append_exponent(out, shortest_decimal(std::fabs(value)));
}

std::string float_fixed(double value) {
  std::string out;
  append_float_fixed(out, value);
  return out;
}

std::string float_general(double value) {
  std::string out;
  append_float_general(out, value);
  return out;
}

std::string float_exponent(double value) {
  std::string out;
  append_float_exponent(out, value);
  return out;
}

}  // namespace mnemo
