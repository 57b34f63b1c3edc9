// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mnemo {

/// Appends `value` with the fewest digits that read back as the same number, never with an
/// exponent: Go's FormatFloat(v, 'f', -1, 64), the text of a scalar in Prometheus' HTTP API (for
/// the values of vectors, see append_sample_value in api/result_json.hpp).
/// Infinities are "+Inf" and "-Inf", every NaN is "NaN", negative zero is "-0".
void append_float_fixed(std::string& out, double value);

/// As above, but with an exponent of at least two digits ("1e+06") where the decimal exponent is
/// below -4 or above 5: Go's %g and FormatFloat(v, 'g', -1, 64).
void append_float_general(std::string& out, double value);

/// Always with an exponent of at least two digits: Go's FormatFloat(v, 'e', -1, 64).
void append_float_exponent(std::string& out, double value);

std::string float_fixed(double value);
std::string float_general(double value);
std::string float_exponent(double value);

}  // namespace mnemo
