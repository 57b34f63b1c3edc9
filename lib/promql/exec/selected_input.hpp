// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/operator.hpp"
#include "promql/functions/window.hpp"

#include <mnemo/queryable.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace mnemo::promql {

/// The series of one selection, with what the source warns of.
class SelectedInput {
 public:
  SelectedInput(const SelectorPlan& plan, Selection selection, QueryState& state);
  ~SelectedInput();
  SelectedInput(const SelectedInput&) = delete;
  SelectedInput& operator=(const SelectedInput&) = delete;

  /// The next series, not read yet; false at the end.
  Result<bool> pull(SelectedSeries& series);
  /// Reads its samples; different series by different threads at the same time.
  Status read(const SelectedSeries& series, SampleColumn& samples) const;
  /// Accounts for a series that was read. Errors: ResourceExhausted.
  Status account(size_t samples);

  /// Fills `labels` and `samples` with the next series that has any.
  Result<bool> next(Labels& labels, SampleColumn& samples);

  void annotate(Annotations& into) const;

 private:
  void leave();

  const SelectorPlan& plan_;
  TimeRange range_;
  QueryState& state_;
  std::shared_ptr<SharedSelection> scan_;
  size_t place_ = 0;  // the number of the next series of the scan
  bool reads_ = true;
  SelectedSeries series_;
};

/// What evaluating a series needs besides, reused from one to the next.
struct SeriesScratch {
  SampleColumn samples;
  RangeSeries ranges;
};

/// Makes of `scratch.samples` what `out` has at each step, and says whether it has anything. `out`
/// is reset and has the series' labels. Called for different series at the same time.
using SeriesKernel = std::function<Result<bool>(SeriesScratch&, StepColumn& out, Annotations&)>;

/// The series of one selection as columns. With an executor several are read and evaluated at the
/// same time, a batch after the other; they come out in the same order, with the same accounts and
/// errors, as without.
class SelectedColumns {
 public:
  SelectedColumns(const SelectorPlan& plan, Selection selection, const Grid& grid,
                  QueryState& state, SeriesKernel kernel);

  /// The next series that has anything; false at the end.
  Result<bool> next(StepColumn& out);
  void annotate(Annotations& into) const { input_.annotate(into); }
  /// What the kernel said of the series that came so far.
  const Annotations& notes() const { return notes_; }

 private:
  struct Slot {
    SelectedSeries selected;
    StepColumn column;
    Annotations notes;
    size_t samples = 0;
    bool any = false;
    Status status;
  };

  Result<bool> next_alone(StepColumn& out);
  Result<bool> next_of_batch(StepColumn& out);
  Status fill_batch();
  void evaluate(Slot& slot, SeriesScratch& scratch) const;
  size_t batch_size() const;

  SelectedInput input_;
  Grid grid_;
  QueryState& state_;
  SeriesKernel kernel_;
  Annotations notes_;
  SeriesScratch scratch_;
  SelectedSeries series_;
  std::vector<Slot> slots_;
  size_t filled_ = 0;
  size_t served_ = 0;
  bool at_end_ = false;
};

}  // namespace mnemo::promql
