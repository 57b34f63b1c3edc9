// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/selected_input.hpp"

#include "model/histogram_math.hpp"
#include "promql/exec/label_sets.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mnemo::promql {
namespace {

/// Batches are as long as keeps their columns within this many bytes, but for very long ones.
constexpr size_t kBatchBytes = 4 << 20;
constexpr size_t kMostSeries = 512;
/// Of a batch: so that a thread that is late doesn't hold up the others for long.
constexpr size_t kRunsPerThread = 4;

/// Leaves count and sum of each histogram, and what its buckets say of a reset since the one
/// before.
void reduce_to_statistics(SampleColumn& samples) {
  HistogramPtr before;
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!samples.histograms[i] || is_stale_nan(samples.values[i])) continue;
    HistogramPtr now = std::move(samples.histograms[i]);
    auto reduced = std::make_shared<FloatHistogram>();
    reduced->counter_reset_hint = now->counter_reset_hint;
    reduced->schema = now->schema;
    reduced->count = now->count;
    reduced->sum = now->sum;
    if (now->counter_reset_hint == CounterResetHint::kUnknown && before) {
      reduced->counter_reset_hint =
          detect_reset(*now, *before) ? CounterResetHint::kReset : CounterResetHint::kNotReset;
    }
    samples.histograms[i] = std::move(reduced);
    before = std::move(now);
  }
}

/// Annotations speak of the metric, and whether it is a counter.
std::vector<std::string> with_metadata(std::vector<std::string> names) {
  for (std::string_view name : {kMetricName, kTypeLabel, kUnitLabel}) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

SelectedInput::SelectedInput(const SelectorPlan& plan, Selection selection, QueryState& state)
    : plan_(plan), range_(selection.range), state_(state) {
  selection.matchers = plan.matchers;
  selection.func = plan.hints.func;
  selection.grouping_by = plan.hints.grouping_by;
  selection.grouping_labels = plan.hints.grouping_labels;
  if (plan.needed_labels) selection.needed_labels = with_metadata(*plan.needed_labels);
  scan_ = state.selections.join(std::move(selection));
}

SelectedInput::~SelectedInput() { leave(); }

void SelectedInput::leave() {
  if (std::exchange(reads_, false)) scan_->leave();
}

Result<bool> SelectedInput::pull(SelectedSeries& series) {
  MNEMO_RETURN_IF_ERROR(state_.context.check());
  MNEMO_TRY(bool more, scan_->pull(place_++, state_, series));
  if (!more) leave();
  return more;
}

Status SelectedInput::read(const SelectedSeries& series, SampleColumn& samples) const {
  MNEMO_RETURN_IF_ERROR(series.samples->read(range_, samples));
  if (!state_.use_start_timestamps) samples.start_times.clear();
  if (plan_.statistics_only && samples.has_histograms()) reduce_to_statistics(samples);
  return {};
}

Status SelectedInput::account(size_t samples) {
  if (++state_.statistics.series_selected > state_.max_series && state_.max_series > 0) {
    return Status::resource_exhausted("query processing would read too many series (max_series " +
                                      std::to_string(state_.max_series) + ")");
  }
  state_.statistics.samples_read += samples;
  MNEMO_RETURN_IF_ERROR(state_.hold(samples));
  state_.release(samples);
  return {};
}

Result<bool> SelectedInput::next(Labels& labels, SampleColumn& samples) {
  while (true) {
    MNEMO_TRY(bool more, pull(series_));
    if (!more) return false;
    MNEMO_RETURN_IF_ERROR(read(series_, samples));
    MNEMO_RETURN_IF_ERROR(account(samples.size()));
    if (samples.empty()) continue;
    labels = std::move(series_.labels);
    return true;
  }
}

void SelectedInput::annotate(Annotations& into) const {
  const auto* warnings = scan_->warnings();
  if (!warnings) return;
  for (const auto& warning : *warnings) into.source_warning(warning);
}

SelectedColumns::SelectedColumns(const SelectorPlan& plan, Selection selection, const Grid& grid,
                                 QueryState& state, SeriesKernel kernel)
    : input_(plan, std::move(selection), state),
      grid_(grid),
      state_(state),
      kernel_(std::move(kernel)) {}

Result<bool> SelectedColumns::next(StepColumn& out) {
  // What is looked at is counted by one thread.
  bool spread = state_.executor != nullptr && grid_.counter == nullptr;
  return spread ? next_of_batch(out) : next_alone(out);
}

Result<bool> SelectedColumns::next_alone(StepColumn& out) {
  while (true) {
    MNEMO_TRY(bool more, input_.next(out.labels, scratch_.samples));
    if (!more) return false;
    out.reset(grid_.count);
    MNEMO_TRY(bool any, kernel_(scratch_, out, notes_));
    if (any) return true;
  }
}

Result<bool> SelectedColumns::next_of_batch(StepColumn& out) {
  while (true) {
    if (served_ == filled_) {
      if (at_end_) return false;
      MNEMO_RETURN_IF_ERROR(fill_batch());
      continue;
    }
    Slot& slot = slots_[served_++];
    MNEMO_RETURN_IF_ERROR(slot.status);
    MNEMO_RETURN_IF_ERROR(input_.account(slot.samples));
    notes_.merge(slot.notes);
    if (!slot.any) continue;
    std::swap(out, slot.column);
    return true;
  }
}

size_t SelectedColumns::batch_size() const {
  size_t column = grid_.count * (sizeof(Cell) + sizeof(double)) + sizeof(Slot);
  size_t threads = state_.executor->concurrency() + 1;
  return std::clamp(kBatchBytes / column, threads * kRunsPerThread, kMostSeries);
}

Status SelectedColumns::fill_batch() {
  slots_.resize(batch_size());
  filled_ = 0;
  served_ = 0;
  while (filled_ < slots_.size()) {
    MNEMO_TRY(bool more, input_.pull(slots_[filled_].selected));
    at_end_ = !more;
    if (at_end_) break;
    ++filled_;
  }
  size_t runs = std::min(filled_, (state_.executor->concurrency() + 1) * kRunsPerThread);
  return parallel_for(state_.context, *state_.executor, runs, [&](size_t run) -> Status {
    SeriesScratch scratch;
    for (size_t i = filled_ * run / runs; i < filled_ * (run + 1) / runs; ++i) {
      MNEMO_RETURN_IF_ERROR(state_.context.check());
      evaluate(slots_[i], scratch);
    }
    return {};
  });
}

/// An error waits for the turn of its series.
void SelectedColumns::evaluate(Slot& slot, SeriesScratch& scratch) const {
  slot.any = false;
  slot.notes = {};
  slot.status = input_.read(slot.selected, scratch.samples);
  slot.samples = scratch.samples.size();
  slot.column.labels = std::move(slot.selected.labels);
  slot.selected.samples = nullptr;
  if (!slot.status.ok() || scratch.samples.empty()) return;
  slot.column.reset(grid_.count);
  auto any = kernel_(scratch, slot.column, slot.notes);
  slot.status = any.status();
  slot.any = any.ok() && *any;
}

}  // namespace mnemo::promql
