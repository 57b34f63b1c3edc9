// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/operator.hpp"
#include "promql/exec/selected_input.hpp"
#include "promql/functions/window.hpp"

namespace mnemo::promql {

enum class SelectorValue { kSample, kTimestamp, kFloatTimestamp };

/// An instant selector: at each step the latest sample within the lookback, or its timestamp in
/// seconds (that of floats only; then histograms come as they are).
OperatorPtr make_selector_operator(const SelectorPlan& plan, SelectorValue value, const Grid& grid,
                                   QueryState& state);

/// A stream of series with their raw samples: what range functions look at.
class RangeSource {
 public:
  virtual ~RangeSource() = default;
  virtual Result<bool> next(RangeSeries& out) = 0;
  virtual void annotate(Annotations& into) const = 0;
};

/// For a RangeSelectorPlan or a SubqueryPlan: everything that the windows of `grid` reach.
Result<std::unique_ptr<RangeSource>> make_range_source(const Plan& plan, const Grid& grid,
                                                       QueryState& state);

/// For a RangeSelectorPlan: what `kernel` makes of everything that the windows of `grid` reach.
std::unique_ptr<SelectedColumns> make_range_columns(const RangeSelectorPlan& plan, const Grid& grid,
                                                    QueryState& state, SeriesKernel kernel);

/// Where the windows of a RangeSelectorPlan or a SubqueryPlan lie.
WindowShape window_shape(const Plan& plan);

}  // namespace mnemo::promql
