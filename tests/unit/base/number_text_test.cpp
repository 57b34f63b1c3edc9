// SPDX-License-Identifier: Apache-2.0
#include "base/number_text.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace mnemo;

// Expected texts are those of Go's strconv.FormatFloat.

TEST_CASE("number text: fixed never has an exponent and pads with zeros") {
  CHECK_EQ(float_fixed(0), "0");
  CHECK_EQ(float_fixed(-0.0), "-0");
  CHECK_EQ(float_fixed(1), "1");
  CHECK_EQ(float_fixed(0.1), "0.1");
  CHECK_EQ(float_fixed(-1234.5), "-1234.5");
  CHECK_EQ(float_fixed(1e-7), "0.0000001");
  CHECK_EQ(float_fixed(1e21), "1000000000000000000000");
  CHECK_EQ(float_fixed(1e23), "100000000000000000000000");
  CHECK_EQ(float_fixed(123456789), "123456789");
  CHECK_EQ(float_fixed(5e-324), "0." + std::string(323, '0') + "5");
  CHECK_EQ(float_fixed(1.7976931348623157e308), "17976931348623157" + std::string(292, '0'));
}

TEST_CASE("number text: what is no number") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  CHECK_EQ(float_fixed(kInf), "+Inf");
  CHECK_EQ(float_general(-kInf), "-Inf");
  CHECK_EQ(float_general(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST_CASE("number text: general switches to an exponent below 1e-4 and from 1e6 on") {
  CHECK_EQ(float_general(100000), "100000");
  CHECK_EQ(float_general(999999.5), "999999.5");
  CHECK_EQ(float_general(1234567), "1.234567e+06");
  CHECK_EQ(float_general(0.0001), "0.0001");
  CHECK_EQ(float_general(0.00001), "1e-05");
  CHECK_EQ(float_general(608863452348.1149), "6.088634523481149e+11");
  CHECK_EQ(float_general(5e-324), "5e-324");
  CHECK_EQ(float_general(-0.0), "-0");
}

TEST_CASE("number text: exponent form") {
  CHECK_EQ(float_exponent(0), "0e+00");
  CHECK_EQ(float_exponent(150), "1.5e+02");
  CHECK_EQ(float_exponent(1e100), "1e+100");
}
