// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/operator.hpp"

namespace mnemo::promql {

/// Any function. Errors: Unimplemented, naming it.
Result<OperatorPtr> make_call_operator(const CallPlan& plan, const Grid& grid, QueryState& state);

/// A function of a range vector; null where the function is none.
Result<OperatorPtr> make_window_operator(const CallPlan& plan, const Grid& grid, QueryState& state);

/// A smoothed instant selector: at each step what lies between the samples around it.
Result<OperatorPtr> make_smoothed_operator(const SelectorPlan& plan, const Grid& grid,
                                           QueryState& state);

/// label_replace and label_join.
Result<OperatorPtr> make_label_operator(const CallPlan& plan, const Grid& grid, QueryState& state);

/// histogram_quantile, histogram_quantiles, histogram_fraction.
OperatorPtr make_histogram_operator(const CallPlan& plan, const Grid& grid, QueryState& state);

/// info.
OperatorPtr make_info_operator(const CallPlan& plan, const Grid& grid, QueryState& state);

/// sort, sort_desc, sort_by_label, sort_by_label_desc.
Result<OperatorPtr> make_sort_operator(const CallPlan& plan, const Grid& grid, QueryState& state);

/// The labels that an absent series would have: those that its selector fixes.
Labels absent_labels(const Plan& argument);

}  // namespace mnemo::promql
