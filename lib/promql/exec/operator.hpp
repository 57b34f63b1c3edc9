// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/annotations.hpp"
#include "promql/exec/column.hpp"
#include "promql/exec/shared_selection.hpp"
#include "promql/plan/describe.hpp"
#include "promql/plan/plan.hpp"

#include <mnemo/context.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/promql.hpp>
#include <mnemo/queryable.hpp>
#include <mnemo/status.hpp>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace mnemo::promql {

/// What the operators of one query share. Its operators run on one thread, but for what they give
/// to the executor themselves.
struct QueryState {
  const Context& context;
  Queryable& queryable;
  Executor* executor = nullptr;  // null: everything on that thread
  int64_t lookback_ms = 0;
  uint64_t max_samples = 0;
  uint64_t samples_held = 0;
  uint64_t max_series = 0;
  uint64_t max_bytes = 0;
  uint64_t bytes_held = 0;
  QueryStatistics statistics = {};
  bool delayed_name_removal = false;
  bool type_and_unit_labels = false;
  bool use_start_timestamps = false;
  PlanCosts* costs = nullptr;  // null: not measured
  SelectionPool selections = {};

  /// Takes what describes the metric from a series' labels, or marks it to be taken at the end.
  void drop_name(StepColumn& series) const;

  /// Accounts for samples that stay in memory. Errors: ResourceExhausted, naming the limit.
  Status hold(uint64_t samples);
  void release(uint64_t samples);
  /// The same for a series with its labels, and for what isn't samples.
  Status hold(const StepColumn& series);
  Status hold_bytes(uint64_t bytes);
};

/// A stream of series over one grid: what one part of the plan evaluates to. Series come one at a
/// time, each with all of its steps, none without any sample; so what is aggregated needs memory
/// for the groups only. No two series that come have equal labels, except from label_replace and
/// its like, which are merged before they leave.
///
/// Not thread-safe. Operators own their inputs.
class Operator {
 public:
  virtual ~Operator() = default;

  /// Fills `out`, whose storage is reused, and returns true; or returns false at the end.
  virtual Result<bool> next(StepColumn& out) = 0;

  /// Adds what the inputs and then this operator have to say. Complete after the end.
  virtual void annotate(Annotations& into) const = 0;
};

using OperatorPtr = std::unique_ptr<Operator>;

/// An operator for `plan` over the steps of `grid`. `plan` and `state` outlive it.
/// Errors: Unimplemented (names the function), InvalidArgument, and what the source returns.
Result<OperatorPtr> make_operator(const Plan& plan, const Grid& grid, QueryState& state);

/// Pulls all series. They are accounted for until `state.release(weight)`.
Result<StepMatrix> drain(Operator& input, QueryState& state);

/// A scalar at each step. REQUIRES: `plan` is a scalar.
Result<std::vector<double>> evaluate_scalar(const Plan& plan, const Grid& grid, QueryState& state,
                                            Annotations& annotations);

/// What series are called when two have the same labels at the same step.
Status duplicate_labels_error();

/// Merges series with equal labels into the first of them. Whether the name is dropped, the
/// earliest sample says. Errors: FailedPrecondition when two have a sample at the same step.
Result<StepMatrix> merge_same_labels(StepMatrix matrix);

/// An operator that gives the series of a matrix; `make` is called at the first pull.
using MatrixMaker = std::function<Result<StepMatrix>(Annotations&)>;
OperatorPtr make_matrix_operator(MatrixMaker make);

/// Changes one series, its labels included.
using SeriesTransform = std::function<void(StepColumn&, Annotations&)>;

/// How a transform changes labels: whether its results can be passed on as they come, or may have
/// to be merged with earlier ones of the same labels.
enum class ResultLabels { kDistinct, kMayCollide };

/// That of a transform which drops the names of what `input` gives.
ResultLabels labels_without_name(const Plan& input, const QueryState& state);

/// Applies `transform` to every series. `before` is annotated ahead of the input, `own` after it.
OperatorPtr make_map_operator(OperatorPtr input, ResultLabels labels, SeriesTransform transform,
                              QueryState& state, Annotations before = {}, Annotations own = {});

}  // namespace mnemo::promql
