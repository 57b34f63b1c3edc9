// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "script.hpp"

#include <mnemo/promql.hpp>

namespace mnemo::promqltest {

/// Equal but for a relative error of 1e-6; any NaN equals any other, a stale marker only another.
bool almost_equal(double a, double b);

/// How a result differs from what a command expects; OK where it doesn't.
Status compare_result(const EvalCommand& eval, const QueryResult& result);

/// The same for warnings and infos.
Status compare_annotations(const EvalCommand& eval, const QueryResult& result);

}  // namespace mnemo::promqltest
