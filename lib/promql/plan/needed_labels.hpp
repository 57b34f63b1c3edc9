// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/plan/plan.hpp"

namespace mnemo::promql {

/// Tells each selector under an aggregation by labels that only these, and what describes the
/// metric, need to come, as far as nothing between them looks at other labels.
void find_needed_labels(Plan& plan);

}  // namespace mnemo::promql
