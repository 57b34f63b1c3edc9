// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/annotations.hpp"
#include "promql/exec/column.hpp"
#include "promql/plan/plan.hpp"

#include <mnemo/context.hpp>

#include <memory>
#include <vector>

namespace mnemo::promql {

/// The groups of an aggregation while series are added to them one by one. Each group has a value
/// in the making for every step; series are added in the order of the input, so that sums are the
/// same in every run.
class Accumulator {
 public:
  virtual ~Accumulator() = default;

  /// Makes one more group, the last one.
  virtual void add_group() = 0;
  /// Adds a series to a group, at each step where it has a sample.
  virtual void add(size_t group, const StepColumn& series, Annotations& annotations) = 0;
  /// Sets each step of `out` at which the group has a value; when the query's context ends, what
  /// remains may be left out.
  virtual void finish(size_t group, StepColumn& out, Annotations& annotations) = 0;
};

/// For an aggregation that gives one series a group. `parameter` is that of quantile, at each step.
/// `context` outlives it.
std::unique_ptr<Accumulator> make_accumulator(const Context& context, const AggregatePlan& plan,
                                              size_t steps, std::vector<double> parameter);

/// For sum and avg, which take floats and histograms.
std::unique_ptr<Accumulator> make_sum_accumulator(const AggregatePlan& plan, size_t steps);

}  // namespace mnemo::promql
