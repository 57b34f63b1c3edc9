// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mnemo {

enum class FloatParse { kOk, kSyntax, kOutOfRange };

/// Reads a decimal number as Go's strconv.ParseFloat(text, 64) does, correct to the bit: an
/// optional sign, digits with an optional point, an optional exponent; "Inf" and "Infinity" with an
/// optional sign and "NaN" without, in any case. What is too small is zero; what is too large is
/// kOutOfRange. Hexadecimal numbers and underscores are kSyntax. `value` is set where the result is
/// kOk.
FloatParse parse_float(std::string_view text, double& value);

}  // namespace mnemo
