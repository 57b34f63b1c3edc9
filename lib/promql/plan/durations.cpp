// SPDX-License-Identifier: Apache-2.0
#include "promql/plan/durations.hpp"

#include <cmath>

namespace mnemo::promql {
namespace {

Status duration_error(const DurationExpr& expr, const char* what) {
  return Status::invalid_argument(std::to_string(expr.position.start) + ":" +
                                  std::to_string(expr.position.end) + ": " + what);
}

Result<double> seconds_of(const DurationExpr& expr, const PlanContext& context) {
  double left = 0;
  double right = 0;
  if (expr.left) {
    MNEMO_TRY(left, seconds_of(*expr.left, context));
  }
  if (expr.right) {
    MNEMO_TRY(right, seconds_of(*expr.right, context));
  }
  switch (expr.op) {
    case DurationOp::kNumber: return expr.seconds;
    case DurationOp::kStep: return static_cast<double>(context.step_ms) / 1000;
    case DurationOp::kRange: return static_cast<double>(context.end_ms - context.start_ms) / 1000;
    case DurationOp::kMinOf: return std::fmin(left, right);
    case DurationOp::kMaxOf: return std::fmax(left, right);
    case DurationOp::kAdd: return left + right;
    case DurationOp::kSub: return left - right;
    case DurationOp::kMul: return left * right;
    case DurationOp::kPow: return std::pow(left, right);
    case DurationOp::kDiv:
      if (right == 0) return duration_error(expr, "division by zero");
      return left / right;
    case DurationOp::kMod:
      if (right == 0) return duration_error(expr, "modulo by zero");
      return std::fmod(left, right);
  }
  return duration_error(expr, "unexpected duration expression");
}

}  // namespace

Result<int64_t> evaluate_duration(const DurationExpr& expr, const PlanContext& context,
                                  DurationSign sign) {
  constexpr double kMaxSeconds = 9223372036.0;  // what 64 bits of nanoseconds hold
  MNEMO_TRY(double seconds, seconds_of(expr, context));
  if (!std::isfinite(seconds)) return duration_error(expr, "duration is NaN or infinite");
  if (seconds <= 0 && sign == DurationSign::kPositive) {
    return duration_error(expr, "duration must be greater than 0");
  }
  if (std::fabs(seconds) > kMaxSeconds) return duration_error(expr, "duration is out of range");
  return static_cast<int64_t>(seconds * 1000);
}

}  // namespace mnemo::promql
