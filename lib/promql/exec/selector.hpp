// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/operator.hpp"
#include "promql/exec/selected_input.hpp"
#include "promql/functions/window.hpp"

namespace mnemo::promql {

enum class SelectorValue { kSample, kTimestamp, kFloatTimestamp, kStartTimestamp };

/// An instant selector: at each step the latest sample within the lookback, its timestamp in
/// seconds (or that of floats only; then histograms come as they are), or its start timestamp (0
/// where it has none).
OperatorPtr make_selector_operator(const SelectorPlan& plan, SelectorValue value, const Grid& grid,
                                   QueryState& state);

/// A stream of series with their raw samples: what range functions look at.
class RangeSource {
 public:
  virtual ~RangeSource() = default;
  virtual Result<bool> next(RangeSeries& out) = 0;
  virtual void annotate(Annotations& into) const = 0;
};

/// For a RangeSelectorPlan, a SubqueryPlan or a smoothed SelectorPlan: everything that the windows
/// of `grid` reach. `shape` is that of the plan, or wider. What a subquery looks at itself goes to
/// `of_subquery`, where that is wanted.
Result<std::unique_ptr<RangeSource>> make_range_source(const Plan& plan, const WindowShape& shape,
                                                       const Grid& grid, QueryState& state,
                                                       SampleCounter* of_subquery = nullptr);

/// For a RangeSelectorPlan or a smoothed SelectorPlan: what `kernel` makes of all that.
std::unique_ptr<SelectedColumns> make_range_columns(const Plan& plan, const WindowShape& shape,
                                                    const Grid& grid, QueryState& state,
                                                    SeriesKernel kernel);

/// Where the windows of such a plan lie; those of a smoothed SelectorPlan have no length.
WindowShape window_shape(const Plan& plan, int64_t lookback_ms);

}  // namespace mnemo::promql
