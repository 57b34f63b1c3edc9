// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/binary.hpp"

#include "promql/exec/element.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/exec/scalar_math.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

bool is_scalar(const Plan& plan) { return plan.type == ValueType::kScalar; }

Result<StepMatrix> scalar_scalar(const BinaryPlan& plan, const Grid& grid, QueryState& state,
                                 Annotations& annotations) {
  MNEMO_TRY(auto left, evaluate_scalar(*plan.left, grid, state, annotations));
  MNEMO_TRY(auto right, evaluate_scalar(*plan.right, grid, state, annotations));
  StepMatrix result(1);
  result[0].reset(grid.count);
  for (size_t step = 0; step < grid.count; ++step) {
    result[0].set(step, scalar_binary(plan.op, left[step], right[step]));
  }
  return result;
}

/// A vector and a scalar, series by series.
class VectorScalar {
 public:
  VectorScalar(const BinaryPlan& plan, std::vector<double> scalars, const QueryState& state)
      : state_(state),
        op_(plan.op),
        position_(plan.position),
        return_bool_(plan.return_bool),
        scalar_is_left_(is_scalar(*plan.left)),
        scalars_(std::move(scalars)) {}

  void operator()(StepColumn& series, Annotations& annotations) const {
    if (!series.histograms.empty() || is_trim(op_)) {
      apply_with_histograms(series, annotations);
    } else if (is_comparison(op_)) {
      compare_floats(series);
    } else {
      compute_floats(series);
    }
    if (changes_metric(op_) || return_bool_) state_.drop_name(series);
  }

 private:
  void compute_floats(StepColumn& series) const {
    double* values = series.values.data();
    const double* scalars = scalars_.data();
    size_t n = series.steps();
    auto run = [&](auto&& f) {
      if (scalar_is_left_) {
        for (size_t i = 0; i < n; ++i) values[i] = f(scalars[i], values[i]);
      } else {
        for (size_t i = 0; i < n; ++i) values[i] = f(values[i], scalars[i]);
      }
    };
    switch (op_) {
      case BinaryOp::kAdd: return run([](double a, double b) { return a + b; });
      case BinaryOp::kSub: return run([](double a, double b) { return a - b; });
      case BinaryOp::kMul: return run([](double a, double b) { return a * b; });
      case BinaryOp::kDiv: return run([](double a, double b) { return a / b; });
      default: return run([&](double a, double b) { return arithmetic(op_, a, b); });
    }
  }

  bool holds(double value, double scalar) const {
    return scalar_is_left_ ? compare(op_, scalar, value) : compare(op_, value, scalar);
  }

  void compare_floats(StepColumn& series) const {
    for (size_t step = 0; step < series.steps(); ++step) {
      if (!series.present(step)) continue;
      set_compared(series, step, holds(series.values[step], scalars_[step]));
    }
  }

  void set_compared(StepColumn& series, size_t step, bool keep) const {
    if (return_bool_) {
      series.set(step, keep ? 1.0 : 0.0);
    } else if (!keep) {
      series.cells[step] = Cell::kAbsent;
    }
  }

  void apply_with_histograms(StepColumn& series, Annotations& annotations) const {
    StepNotes notes(series.steps(), position_);
    for (size_t step = 0; step < series.steps(); ++step) {
      if (series.cells[step] == Cell::kFloat && !is_trim(op_)) {
        double value = series.values[step];
        double scalar = scalars_[step];
        if (is_comparison(op_)) {
          set_compared(series, step, holds(value, scalar));
        } else if (scalar_is_left_) {
          series.set(step, arithmetic(op_, scalar, value));
        } else {
          series.set(step, arithmetic(op_, value, scalar));
        }
      } else if (series.present(step)) {
        Element vector = element_at(series, step);
        Element scalar{scalars_[step], nullptr};
        ElementResult result = scalar_is_left_ ? histogram_binary(op_, scalar, vector, step, notes)
                                               : histogram_binary(op_, vector, scalar, step, notes);
        series.cells[step] = Cell::kAbsent;
        if (result.valid && result.histogram) series.set(step, std::move(result.histogram));
      }
    }
    notes.annotate(annotations);
  }

  const QueryState& state_;
  BinaryOp op_;
  PositionRange position_;
  bool return_bool_;
  bool scalar_is_left_;
  std::vector<double> scalars_;
};

Result<OperatorPtr> vector_scalar(const BinaryPlan& plan, const Grid& grid, QueryState& state) {
  bool scalar_is_left = is_scalar(*plan.left);
  const Plan& vector = scalar_is_left ? *plan.right : *plan.left;
  const Plan& scalar = scalar_is_left ? *plan.left : *plan.right;
  Annotations of_scalar;
  MNEMO_TRY(auto scalars, evaluate_scalar(scalar, grid, state, of_scalar));
  MNEMO_TRY(OperatorPtr input, make_operator(vector, grid, state));
  bool keeps_labels = !changes_metric(plan.op) && !plan.return_bool;
  auto labels = keeps_labels ? ResultLabels::kDistinct : labels_without_name(vector, state);
  Annotations before;
  Annotations own;
  (scalar_is_left ? before : own) = std::move(of_scalar);
  return make_map_operator(std::move(input), labels, VectorScalar(plan, std::move(scalars), state),
                           state, std::move(before), std::move(own));
}

Result<StepMatrix> vector_vector(const BinaryPlan& plan, const Grid& grid, Operator& left_side,
                                 Operator& right_side, QueryState& state,
                                 Annotations& annotations) {
  uint64_t held = state.samples_held;
  uint64_t bytes_held = state.bytes_held;
  MNEMO_TRY(StepMatrix left, drain(left_side, state));
  left_side.annotate(annotations);
  MNEMO_TRY(StepMatrix right, drain(right_side, state));
  right_side.annotate(annotations);
  auto result = is_set_operator(plan.op)
                    ? apply_set_operator(plan, std::move(left), std::move(right))
                    : apply_vector_operator(plan, grid, std::move(left), std::move(right), state,
                                            annotations);
  state.samples_held = held;
  state.bytes_held = bytes_held;
  if (!result.ok()) return result;
  for (const StepColumn& series : *result) MNEMO_RETURN_IF_ERROR(state.hold(series));
  return result;
}

}  // namespace

bool changes_metric(BinaryOp op) { return op <= BinaryOp::kAtan2; }

Labels match_labels(const VectorMatching& matching, const Labels& labels) {
  std::vector<std::string> names = matching.labels;
  std::sort(names.begin(), names.end());
  if (matching.on) return keep_labels(labels, names);
  return without_name(drop_labels(labels, names));
}

MatchGroups::MatchGroups(const VectorMatching& matching)
    : names_(matching.labels), on_(matching.on) {
  if (!on_) names_.emplace_back(kMetricName);
  std::sort(names_.begin(), names_.end());
}

std::vector<size_t> MatchGroups::numbers(const StepMatrix& matrix) {
  std::vector<size_t> result;
  result.reserve(matrix.size());
  for (const StepColumn& series : matrix) {
    Labels group = on_ ? keep_labels(series.labels, names_) : drop_labels(series.labels, names_);
    result.push_back(numbers_.try_emplace(std::move(group), numbers_.size()).first->second);
  }
  return result;
}

Result<OperatorPtr> make_binary_operator(const BinaryPlan& plan, const Grid& grid,
                                         QueryState& state) {
  if (is_scalar(*plan.left) && is_scalar(*plan.right)) {
    if (is_trim(plan.op)) {
      return Status::failed_precondition("operator \"" + std::string(operator_name(plan.op)) +
                                         "\" not allowed for Scalar operations");
    }
    return make_matrix_operator([&plan, grid, &state](Annotations& annotations) {
      return scalar_scalar(plan, grid, state, annotations);
    });
  }
  if (is_scalar(*plan.left) || is_scalar(*plan.right)) return vector_scalar(plan, grid, state);
  // Both are there before one is read: what they select in common is then scanned once.
  MNEMO_TRY(std::shared_ptr<Operator> left, make_operator(*plan.left, grid, state));
  MNEMO_TRY(std::shared_ptr<Operator> right, make_operator(*plan.right, grid, state));
  return make_matrix_operator([&plan, grid, left, right, &state](Annotations& annotations) {
    return vector_vector(plan, grid, *left, *right, state, annotations);
  });
}

}  // namespace mnemo::promql
