// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/ast.hpp"

#include <cmath>
#include <limits>

namespace mnemo::promql {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Go's math.Max and math.Min: NaN where either is, +0 above -0.
inline double max_of(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isinf(a) && a > 0 ? a : std::isinf(b) && b > 0 ? b : kNan;
  }
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
inline double min_of(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isinf(a) && a < 0 ? a : std::isinf(b) && b < 0 ? b : kNan;
  }
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

/// Whether a comparison holds. REQUIRES: is_comparison(op).
inline bool compare(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kEqual: return a == b;
    case BinaryOp::kNotEqual: return a != b;
    case BinaryOp::kLess: return a < b;
    case BinaryOp::kLessEqual: return a <= b;
    case BinaryOp::kGreater: return a > b;
    case BinaryOp::kGreaterEqual: return a >= b;
    default: return false;
  }
}

/// The value of an arithmetic operator.
inline double arithmetic(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd: return a + b;
    case BinaryOp::kSub: return a - b;
    case BinaryOp::kMul: return a * b;
    case BinaryOp::kDiv: return a / b;
    case BinaryOp::kPow: return std::pow(a, b);
    case BinaryOp::kMod: return std::fmod(a, b);
    case BinaryOp::kAtan2: return std::atan2(a, b);
    default: return kNan;
  }
}

/// Between two scalars: comparisons are 1 or 0.
inline double scalar_binary(BinaryOp op, double a, double b) {
  if (is_comparison(op)) return compare(op, a, b) ? 1 : 0;
  return arithmetic(op, a, b);
}

}  // namespace mnemo::promql
