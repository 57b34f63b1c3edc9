// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/operator.hpp"

#include <unordered_set>

namespace mnemo::promql {
namespace {

/// Passes series on one by one. REQUIRES (of the plan): results differ in their labels; where
/// they don't after all, that is the error it would be within one step.
class StreamingMap : public Operator {
 public:
  StreamingMap(OperatorPtr input, SeriesTransform transform, QueryState& state, Annotations before,
               Annotations own)
      : input_(std::move(input)),
        transform_(std::move(transform)),
        state_(state),
        before_(std::move(before)),
        own_(std::move(own)) {}

  Result<bool> next(StepColumn& out) override {
    while (true) {
      MNEMO_RETURN_IF_ERROR(state_.context.check());
      MNEMO_TRY(bool more, input_->next(out));
      if (!more) return false;
      transform_(out, own_);
      if (!out.any()) continue;
      if (!seen_.insert(out.labels.hash()).second) return duplicate_labels_error();
      return true;
    }
  }

  void annotate(Annotations& into) const override {
    into.merge(before_);
    input_->annotate(into);
    into.merge(own_);
  }

 private:
  OperatorPtr input_;
  SeriesTransform transform_;
  QueryState& state_;
  Annotations before_;
  Annotations own_;
  std::unordered_set<uint64_t> seen_;
};

Result<StepMatrix> transform_all(Operator& input, const SeriesTransform& transform,
                                 QueryState& state, Annotations& own) {
  MNEMO_TRY(StepMatrix matrix, drain(input, state));
  for (StepColumn& series : matrix) {
    MNEMO_RETURN_IF_ERROR(state.context.check());
    transform(series, own);
  }
  std::erase_if(matrix, [](const StepColumn& series) { return !series.any(); });
  return merge_same_labels(std::move(matrix));
}

}  // namespace

ResultLabels labels_without_name(const Plan& input, const QueryState& state) {
  return state.delayed_name_removal || input.distinct_without_name ? ResultLabels::kDistinct
                                                                   : ResultLabels::kMayCollide;
}

OperatorPtr make_map_operator(OperatorPtr input, ResultLabels labels, SeriesTransform transform,
                              QueryState& state, Annotations before, Annotations own) {
  if (labels == ResultLabels::kDistinct) {
    return std::make_unique<StreamingMap>(std::move(input), std::move(transform), state,
                                          std::move(before), std::move(own));
  }
  std::shared_ptr<Operator> shared = std::move(input);
  return make_matrix_operator([shared, transform = std::move(transform), &state,
                               before = std::move(before),
                               own = std::move(own)](Annotations& annotations) mutable {
    annotations.merge(before);
    auto result = transform_all(*shared, transform, state, own);
    shared->annotate(annotations);
    annotations.merge(own);
    return result;
  });
}

}  // namespace mnemo::promql
