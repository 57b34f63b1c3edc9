// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mnemo {

/// What the PromQL engine wants of one selector.
struct Selection {
  TimeRange range;  // closed; every sample outside is useless to the query
  std::vector<Matcher> matchers;
  int64_t step_ms = 0;   // 0 for an instant query
  int64_t range_ms = 0;  // of a range selector; 0 for an instant one
  std::string func;      // surrounding function or aggregation
  bool grouping_by = false;
  std::vector<std::string> grouping_labels;
  /// Sorted. A source may leave other labels out; series that differ in these alone still come each
  /// on its own, in the order of all their labels. Not set: all are needed.
  std::optional<std::vector<std::string>> needed_labels;
};

/// The samples of one selected series, encoded until somebody asks.
///
/// Thread-compatible; different sources may be read by different threads at the same time.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  /// Replaces `out` by the samples within `range`, in order of time, each time once.
  virtual Status read(TimeRange range, SampleColumn& out) const = 0;

  /// The bytes that it keeps in memory, without what is mapped from files.
  virtual size_t memory_bytes() const { return 0; }
};

struct SelectedSeries {
  Labels labels;
  std::shared_ptr<const SampleSource> samples;
};

/// The series of one selector, pulled by the engine; each set of labels comes once, in their order
/// (but see Selection::needed_labels).
class SelectedStream {
 public:
  virtual ~SelectedStream() = default;
  virtual Result<bool> next(SelectedSeries& series) = 0;
  /// Complete once `next` has returned false.
  virtual const std::vector<std::string>& warnings() const = 0;
};

/// What PromQL is evaluated over. Thread-safe.
class Queryable {
 public:
  virtual ~Queryable() = default;
  virtual Result<std::unique_ptr<SelectedStream>> select(const Context& context,
                                                         const Selection& selection) = 0;
};

}  // namespace mnemo
