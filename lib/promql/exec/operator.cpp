// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/operator.hpp"

#include "promql/exec/label_sets.hpp"

#include <algorithm>
#include <unordered_map>

namespace mnemo::promql {
namespace {

constexpr uint64_t kBytesPerSample = 16;

class MatrixOperator : public Operator {
 public:
  explicit MatrixOperator(MatrixMaker make) : make_(std::move(make)) {}

  Result<bool> next(StepColumn& out) override {
    if (make_) {
      MatrixMaker make = std::exchange(make_, nullptr);
      MNEMO_TRY(matrix_, make(annotations_));
    }
    while (position_ < matrix_.size()) {
      StepColumn& column = matrix_[position_++];
      if (!column.any()) continue;
      out = std::move(column);
      return true;
    }
    return false;
  }

  void annotate(Annotations& into) const override { into.merge(annotations_); }

 private:
  MatrixMaker make_;
  StepMatrix matrix_;
  size_t position_ = 0;
  Annotations annotations_;
};

}  // namespace

void QueryState::drop_name(StepColumn& series) const {
  series.drop_name = delayed_name_removal;
  if (!delayed_name_removal) series.labels = without_metadata(series.labels);
}

Status QueryState::hold(uint64_t samples) {
  samples_held += samples;
  statistics.peak_samples = std::max(statistics.peak_samples, samples_held);
  if (samples_held > max_samples) {
    return Status::resource_exhausted(
        "query processing would load too many samples into memory in query execution "
        "(max_samples " +
        std::to_string(max_samples) + ")");
  }
  return hold_bytes(samples * kBytesPerSample);
}

Status QueryState::hold(const StepColumn& series) {
  MNEMO_RETURN_IF_ERROR(hold(series.weight()));
  return hold_bytes(series.labels.memory_bytes());
}

Status QueryState::hold_bytes(uint64_t bytes) {
  bytes_held += bytes;
  if (max_bytes == 0 || bytes_held <= max_bytes) return {};
  return Status::resource_exhausted("query processing would hold too much in memory (max_bytes " +
                                    std::to_string(max_bytes) + ")");
}

void QueryState::release(uint64_t samples) {
  samples_held -= std::min(samples, samples_held);
  bytes_held -= std::min(samples * kBytesPerSample, bytes_held);
}

Result<StepMatrix> drain(Operator& input, QueryState& state) {
  StepMatrix matrix;
  StepColumn column;
  while (true) {
    MNEMO_TRY(bool more, input.next(column));
    if (!more) return matrix;
    MNEMO_RETURN_IF_ERROR(state.hold(column));
    matrix.push_back(std::move(column));
    column = {};
  }
}

Result<std::vector<double>> evaluate_scalar(const Plan& plan, const Grid& grid, QueryState& state,
                                            Annotations& annotations) {
  if (const auto* number = plan_as_if<NumberPlan>(&plan)) {
    return std::vector<double>(grid.count, number->value);
  }
  MNEMO_TRY(OperatorPtr input, make_operator(plan, grid, state));
  StepColumn column;
  MNEMO_TRY(bool more, input->next(column));
  if (!more) return std::vector<double>(grid.count, 0.0);
  std::vector<double> values = std::move(column.values);
  MNEMO_TRY(more, input->next(column));
  input->annotate(annotations);
  return values;
}

Status duplicate_labels_error() {
  return Status::failed_precondition("vector cannot contain metrics with the same labelset");
}

Result<StepMatrix> merge_same_labels(StepMatrix matrix) {
  std::unordered_map<Labels, size_t, LabelsHash> positions;
  positions.reserve(matrix.size());
  size_t kept = 0;
  for (size_t i = 0; i < matrix.size(); ++i) {
    auto [at, is_new] = positions.try_emplace(matrix[i].labels, kept);
    if (is_new) {
      if (kept != i) matrix[kept] = std::move(matrix[i]);
      ++kept;
      continue;
    }
    StepColumn& first = matrix[at->second];
    if (first.drop_name != matrix[i].drop_name &&
        matrix[i].first_present() < first.first_present()) {
      first.drop_name = matrix[i].drop_name;
    }
    for (size_t step = 0; step < first.steps(); ++step) {
      if (!matrix[i].present(step)) continue;
      if (first.present(step)) return duplicate_labels_error();
      first.copy_cell(step, matrix[i], step);
    }
  }
  matrix.resize(kept);
  return matrix;
}

OperatorPtr make_matrix_operator(MatrixMaker make) {
  return std::make_unique<MatrixOperator>(std::move(make));
}

}  // namespace mnemo::promql
