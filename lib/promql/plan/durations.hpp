// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/plan/plan.hpp"

namespace mnemo::promql {

enum class DurationSign { kPositive, kAny };

/// The value of a computed duration in milliseconds.
/// Errors: InvalidArgument (not finite, not positive where it must be, out of range, by zero).
Result<int64_t> evaluate_duration(const DurationExpr& expr, const PlanContext& context,
                                  DurationSign sign);

}  // namespace mnemo::promql
