// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/functions/rate.hpp"
#include "promql/functions/window.hpp"

#include <mnemo/status.hpp>

#include <optional>

namespace mnemo::promql {

/// The samples that stand for a window: `first` for its start (the last one that is not later,
/// where there is one), `last` for its end.
struct Bounds {
  size_t first = 0;
  size_t last = 0;
};

/// Nothing where no sample of `times` says anything of the window.
std::optional<Bounds> bounds_of(std::span<const int64_t> times, const Window& window,
                                WindowEdges edges);

/// rate, increase and delta without extrapolation: from the start of the window to its end, by the
/// samples at or before them (anchored), or by what lies between those around them (smoothed).
template <WindowEdges kEdges, RateKind kKind>
Status extended_rate(const WindowCall& call, StepColumn& out);

/// A window that begins with its anchor: the latest sample, of either type, that is not later than
/// its start. Nothing where no sample is later than that.
std::optional<Window> from_anchor(const Window& window);

/// A smoothed instant selector, as a function of windows of no length.
Status smoothed_values(const WindowCall& call, StepColumn& out);

/// Leaves of `series` what lies within the window at `time`, with a sample at each of its edges.
/// Errors: FailedPrecondition (there are histograms).
Status extend_to_edges(const WindowShape& shape, int64_t time, RangeSeries& series);

// The counterparts for native histograms, in extended_histograms.cpp.

/// What lies between two histograms at `time`; of counters, what grew from nothing where a reset
/// lies between them. Nothing where they don't go together, which is annotated.
struct TimedHistogram {
  int64_t time = 0;
  const FloatHistogram& histogram;
};
std::optional<FloatHistogram> interpolated(const WindowCall& call, TimedHistogram before,
                                           TimedHistogram after, int64_t time, bool is_counter);

/// By how much the histograms grew over the window.
std::optional<FloatHistogram> extended_histogram_change(const WindowCall& call,
                                                        const Window& window, Bounds bounds,
                                                        WindowEdges edges, bool is_counter);

}  // namespace mnemo::promql
