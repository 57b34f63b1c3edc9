// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/queryable.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace mnemo::promql {

struct QueryState;

/// One scan of the source for all selectors of a query that ask it for the same. What the first of
/// them pulls is kept, encoded as it came, until the last one has it.
///
/// Not thread-safe.
class SharedSelection {
 public:
  explicit SharedSelection(Selection selection) : selection_(std::move(selection)) {}

  /// Adds a reader if the scan hasn't begun and `selection` wants the same, but for the labels.
  bool join(const Selection& selection);

  /// Series number `place`, for a reader that has had all before it; false at the end.
  /// Errors: what the source returns; ResourceExhausted (names the limit).
  Result<bool> pull(size_t place, QueryState& state, SelectedSeries& series);

  /// A reader wants no more series.
  void leave();

  /// What the source warns of; complete once `pull` has returned false.
  const std::vector<std::string>* warnings() const {
    return stream_ ? &stream_->warnings() : nullptr;
  }

 private:
  Selection selection_;
  std::unique_ptr<SelectedStream> stream_;
  std::vector<SelectedSeries> kept_;
  size_t readers_ = 1;
  bool at_end_ = false;
};

/// The selections of one query.
class SelectionPool {
 public:
  /// The scan for a selector, which is its reader from now on.
  std::shared_ptr<SharedSelection> join(Selection selection);

 private:
  std::vector<std::weak_ptr<SharedSelection>> scans_;
};

}  // namespace mnemo::promql
