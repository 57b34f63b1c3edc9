// SPDX-License-Identifier: Apache-2.0
#include "base/parse_float.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>

using namespace mnemo;

namespace {

double number(std::string_view text) {
  double value = -12345;
  REQUIRE_MESSAGE(parse_float(text, value) == FloatParse::kOk, text);
  return value;
}

FloatParse outcome(std::string_view text) {
  double value = 0;
  return parse_float(text, value);
}

}  // namespace

// What Go's strconv.ParseFloat(s, 64) gives and refuses.

TEST_CASE("parse float: the forms of decimal numbers") {
  CHECK_EQ(number("0"), 0);
  CHECK_EQ(number("+1"), 1);
  CHECK_EQ(number("-1.5"), -1.5);
  CHECK_EQ(number(".5"), 0.5);
  CHECK_EQ(number("5."), 5);
  CHECK_EQ(number("-.5e1"), -5);
  CHECK_EQ(number("1e3"), 1000);
  CHECK_EQ(number("1E+3"), 1000);
  CHECK_EQ(number("12e-1"), 1.2);
  CHECK_EQ(number("00012"), 12);
  CHECK(std::bit_cast<uint64_t>(number("-0")) == 0x8000000000000000);
}

TEST_CASE("parse float: rounds to the nearest double, ties to even") {
  // 2^53 + 1 lies between 2^53 and 2^53 + 2; a digit far behind decides.
  CHECK_EQ(number("9007199254740993"), 9007199254740992.0);
  CHECK_EQ(number("9007199254740993.00000000000000000000000000000000001"), 9007199254740994.0);
  // 1 + 2^-53, exactly, and with a digit more.
  CHECK_EQ(number("1.00000000000000011102230246251565404236316680908203125"), 1.0);
  CHECK(std::bit_cast<uint64_t>(number(
            "1.00000000000000011102230246251565404236316680908203126")) == 0x3ff0000000000001);
  CHECK(std::bit_cast<uint64_t>(number("2.2250738585072011e-308")) == 0x000fffffffffffff);
  CHECK(std::bit_cast<uint64_t>(number("1.7976931348623157e308")) == 0x7fefffffffffffff);
  CHECK(std::bit_cast<uint64_t>(number("4.9e-324")) == 1);
}

TEST_CASE("parse float: too small is zero, too large is out of range") {
  CHECK(std::bit_cast<uint64_t>(number("1e-400")) == 0);
  CHECK(std::bit_cast<uint64_t>(number("-1e-99999999999999999999")) == 0x8000000000000000);
  CHECK_EQ(number("0." + std::string(400, '0') + "1"), 0);
  CHECK_EQ(number("0e99999999999999999999"), 0);
  CHECK_EQ(number("0.0000e999999999"), 0);
  CHECK_EQ(number("0." + std::string(400, '0') + "1e401"), 1);
  CHECK(outcome("1e309") == FloatParse::kOutOfRange);
  CHECK(outcome("-1.8e308") == FloatParse::kOutOfRange);
  CHECK(outcome("1e99999999999999999999") == FloatParse::kOutOfRange);
  CHECK(outcome("1" + std::string(400, '0')) == FloatParse::kOutOfRange);
  CHECK(outcome(".1e400") == FloatParse::kOutOfRange);
}

TEST_CASE("parse float: infinities and NaN in any case") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (auto text : {"inf", "+Inf", "INF", "infinity", "+InFiNiTy"}) CHECK_EQ(number(text), kInf);
  for (auto text : {"-inf", "-Infinity"}) CHECK_EQ(number(text), -kInf);
  for (auto text : {"nan", "NaN", "NAN"}) {
    CHECK(std::bit_cast<uint64_t>(number(text)) == 0x7ff8000000000001);
  }
  for (auto text : {"+nan", "-NaN", "infi", "in", "infinityx", "nan(1)", "na"}) {
    CHECK_MESSAGE(outcome(text) == FloatParse::kSyntax, text);
  }
}

TEST_CASE("parse float: what is no number") {
  for (auto text :
       {"",    "+",  "-",  ".",   "e5",   ".e1",    "1e",    "1e+", "1e5.", "1.2.3", "--1",
        "+-1", "1 ", " 1", "1,5", "0x10", "0x1p-2", "1_000", "1f",  "true", "1\t2",  "\xff"}) {
    CHECK_MESSAGE(outcome(text) == FloatParse::kSyntax, text);
  }
  CHECK(outcome(std::string_view("1\0", 2)) == FloatParse::kSyntax);
}
