// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>
#include <mnemo/labels.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mnemo::promql {

class SampleCounter;  // promql/exec/sample_counter.hpp

using HistogramPtr = std::shared_ptr<const FloatHistogram>;

/// The steps at which an expression is evaluated: `count` times from `start_ms`, `step_ms` apart.
struct Grid {
  int64_t start_ms = 0;
  int64_t step_ms = 1;  // at least 1
  size_t count = 1;     // 0: nothing to evaluate
  /// From where the first step's data is asked for, before `start_ms`. Like Prometheus, a subquery
  /// asks from the edge of its window on, although its steps begin later: whoever deduplicates
  /// replicas chooses by what comes first.
  int64_t lead_ms = 0;
  /// Of the samples that are looked at for these steps; null: they aren't counted.
  SampleCounter* counter = nullptr;

  int64_t time(size_t step) const { return start_ms + static_cast<int64_t>(step) * step_ms; }
  int64_t last() const { return time(count == 0 ? 0 : count - 1); }
  bool single() const { return count == 1; }

  /// Every `step_ms` from `start_ms` up to and including `end_ms`.
  static Grid between(int64_t start_ms, int64_t end_ms, int64_t step_ms) {
    if (end_ms < start_ms) return {start_ms, step_ms, 0};
    return {start_ms, step_ms, static_cast<size_t>((end_ms - start_ms) / step_ms) + 1};
  }
};

/// What a series has at one step.
enum class Cell : uint8_t { kAbsent = 0, kFloat = 1, kHistogram = 2 };

/// One series over the steps of a grid, in columns: `cells[i]` says which of `values[i]` and
/// `histograms[i]` holds; `histograms` is empty while there is none.
struct StepColumn {
  Labels labels;
  bool drop_name = false;  // what describes the metric goes from `labels` when the query ends
  std::vector<Cell> cells;
  std::vector<double> values;
  std::vector<HistogramPtr> histograms;

  size_t steps() const { return cells.size(); }

  /// Makes all of `steps` absent; keeps the labels.
  void reset(size_t steps) {
    drop_name = false;
    cells.assign(steps, Cell::kAbsent);
    values.resize(steps);
    histograms.clear();
  }
  void set(size_t step, double value) {
    cells[step] = Cell::kFloat;
    values[step] = value;
  }
  void set(size_t step, HistogramPtr histogram) {
    if (histograms.empty()) histograms.resize(cells.size());
    cells[step] = Cell::kHistogram;
    histograms[step] = std::move(histogram);
  }
  /// Sets `step` to what `other` has at step `from`.
  void copy_cell(size_t step, const StepColumn& other, size_t from) {
    if (other.cells[from] == Cell::kFloat) set(step, other.values[from]);
    if (other.cells[from] == Cell::kHistogram) set(step, other.histograms[from]);
  }
  bool present(size_t step) const { return cells[step] != Cell::kAbsent; }
  bool any() const;
  /// The first step with a sample; steps() when there is none.
  size_t first_present() const;
  size_t present_count() const;
  const FloatHistogram* histogram(size_t step) const {
    return cells[step] == Cell::kHistogram ? histograms[step].get() : nullptr;
  }
  /// The samples that `max_samples` counts: one a float, more a histogram.
  size_t weight() const;
};

/// Series over the same grid.
using StepMatrix = std::vector<StepColumn>;

/// What one histogram counts as in samples: its bytes by those of a float sample.
size_t histogram_weight(const FloatHistogram& histogram);

}  // namespace mnemo::promql
