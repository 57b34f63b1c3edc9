// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/operator.hpp"

#include <unordered_map>
#include <vector>

namespace mnemo::promql {

/// Any aggregation.
Result<OperatorPtr> make_aggregate_operator(const AggregatePlan& plan, const Grid& grid,
                                            QueryState& state);

/// topk, bottomk, limitk, limit_ratio: series of the input, at some steps. `parameter` at each
/// step.
Result<StepMatrix> select_series(const Context& context, const AggregatePlan& plan,
                                 const Grid& grid, StepMatrix input,
                                 const std::vector<double>& parameter, Annotations& annotations);

/// Numbers groups in the order in which they are met.
class GroupNumbers {
 public:
  explicit GroupNumbers(const AggregatePlan& plan) : plan_(plan) {}

  /// The group of a series; a new one is number count() - 1 then.
  size_t of(const Labels& labels);
  size_t count() const { return labels_.size(); }
  const Labels& labels(size_t group) const { return labels_[group]; }

 private:
  const AggregatePlan& plan_;
  std::unordered_map<Labels, size_t, LabelsHash> numbers_;
  std::vector<Labels> labels_;
  LabelsAppender group_;  // of the series that was met last
};

}  // namespace mnemo::promql
