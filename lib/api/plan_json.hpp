// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/promql.hpp>

#include <string>

namespace mnemo::api {

/// Appends `{"name":...,"children":[...]}`, as Thanos explains a query.
void append_explanation(std::string& out, const PlanNode& plan);

/// Appends `{"name":...,"executionTime":"1.5ms","series":...,"children":[...]}`: Thanos' analysis,
/// with the series that each part gave in the place of samples.
void append_analysis(std::string& out, const PlanNode& plan);

}  // namespace mnemo::api
