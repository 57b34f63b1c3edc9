// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/operator.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace mnemo::promql {

/// Any binary operator, by the types of its sides.
Result<OperatorPtr> make_binary_operator(const BinaryPlan& plan, const Grid& grid,
                                         QueryState& state);

/// Between two vectors: and, or, unless.
Result<StepMatrix> apply_set_operator(const Context& context, const BinaryPlan& plan,
                                      StepMatrix left, StepMatrix right);

/// Between two vectors: arithmetic and comparisons, with matching.
Result<StepMatrix> apply_vector_operator(const BinaryPlan& plan, const Grid& grid, StepMatrix left,
                                         StepMatrix right, const QueryState& state,
                                         Annotations& annotations);

/// Numbers the match groups of both sides: the labels on which series are paired.
class MatchGroups {
 public:
  explicit MatchGroups(const VectorMatching& matching);
  Result<std::vector<size_t>> numbers(const Context& context, const StepMatrix& matrix);
  size_t count() const { return numbers_.size(); }

 private:
  std::vector<std::string> names_;  // sorted
  bool on_;
  std::unordered_map<Labels, size_t, LabelsHash> numbers_;
};

/// The labels on which a series is matched, as error messages and filled sides have them.
Labels match_labels(const VectorMatching& matching, const Labels& labels);

bool changes_metric(BinaryOp op);

}  // namespace mnemo::promql
