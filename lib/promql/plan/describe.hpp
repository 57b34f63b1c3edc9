// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/plan/plan.hpp"

#include <mnemo/promql.hpp>

#include <chrono>
#include <cstdint>
#include <unordered_map>

namespace mnemo::promql {

/// What the evaluation of a part of the plan took, its inputs included.
struct PlanCost {
  std::chrono::nanoseconds time{0};
  uint64_t series = 0;
};

using PlanCosts = std::unordered_map<const Plan*, PlanCost>;

/// The plan for people to read; with the costs of those parts that have any.
PlanNode describe(const Plan& plan, const PlanCosts& costs = {});

}  // namespace mnemo::promql
