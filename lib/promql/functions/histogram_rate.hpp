// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/histogram_math.hpp"
#include "promql/functions/window.hpp"

#include <optional>

namespace mnemo::promql {

/// By how much the histograms of a window grew, across counter resets where `is_counter`.
/// Nothing where there are fewer than two, or they don't go together, which is annotated.
std::optional<FloatHistogram> histogram_change(const WindowCall& call, const Window& window,
                                               bool is_counter);

/// By how much `last` is more than `before`, or than nothing after a counter reset: one that the
/// histograms show, or, where `anew`, their start timestamps.
std::optional<FloatHistogram> histogram_difference(const WindowCall& call,
                                                   const FloatHistogram& before,
                                                   const FloatHistogram& last, bool is_counter,
                                                   bool anew);

/// change += before, what was counted before a reset. False where they don't go together, which is
/// not annotated.
bool add_counted(const WindowCall& call, const FloatHistogram& before, FloatHistogram& change);

/// Says that the metric doesn't look like a counter, where floats came out and its name lacks the
/// endings of one, or its `__type__` is none.
void annotate_possible_non_counter(const WindowCall& call, const StepColumn& out);

}  // namespace mnemo::promql
