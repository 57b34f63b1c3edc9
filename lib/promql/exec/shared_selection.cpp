// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/shared_selection.hpp"

#include "promql/exec/operator.hpp"

#include <algorithm>
#include <utility>

namespace mnemo::promql {
namespace {

bool want_same_samples(const Selection& a, const Selection& b) {
  return a.range == b.range && a.step_ms == b.step_ms && a.range_ms == b.range_ms &&
         a.func == b.func && a.matchers == b.matchers;
}

/// Makes `selection` give what `other` wants, too.
void widen(Selection& selection, const Selection& other) {
  if (selection.grouping_by != other.grouping_by ||
      selection.grouping_labels != other.grouping_labels) {
    selection.grouping_by = false;
    selection.grouping_labels.clear();
  }
  auto& needed = selection.needed_labels;
  if (!needed || !other.needed_labels) {
    needed.reset();
    return;
  }
  needed->insert(needed->end(), other.needed_labels->begin(), other.needed_labels->end());
  std::sort(needed->begin(), needed->end());
  needed->erase(std::unique(needed->begin(), needed->end()), needed->end());
}

}  // namespace

bool SharedSelection::join(const Selection& selection) {
  if (stream_ || !want_same_samples(selection_, selection)) return false;
  widen(selection_, selection);
  ++readers_;
  return true;
}

Result<bool> SharedSelection::pull(size_t place, QueryState& state, SelectedSeries& series) {
  if (!stream_) {
    MNEMO_TRY(stream_, state.queryable.select(state.context, selection_));
  }
  if (place < kept_.size()) {
    if (readers_ == 1) {
      series = std::move(kept_[place]);
    } else {
      series = kept_[place];
    }
    return true;
  }
  if (at_end_) return false;
  MNEMO_TRY(bool more, stream_->next(series));
  at_end_ = !more;
  if (at_end_ || readers_ == 1) return more;
  MNEMO_RETURN_IF_ERROR(
      state.hold_bytes(series.labels.memory_bytes() + series.samples->memory_bytes()));
  kept_.push_back(series);
  return true;
}

void SharedSelection::leave() {
  if (--readers_ == 0) kept_ = {};
}

std::shared_ptr<SharedSelection> SelectionPool::join(Selection selection) {
  for (const auto& scan : scans_) {
    if (auto shared = scan.lock(); shared && shared->join(selection)) return shared;
  }
  auto shared = std::make_shared<SharedSelection>(std::move(selection));
  scans_.push_back(shared);
  return shared;
}

}  // namespace mnemo::promql
