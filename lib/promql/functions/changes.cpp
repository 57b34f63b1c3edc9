// SPDX-License-Identifier: Apache-2.0
// resets and changes: counts of what happens between neighbours. Over floats alone, each pair is
// looked at once a series and counted as it enters and leaves the window.
#include "model/histogram_math.hpp"
#include "promql/functions/extended_windows.hpp"
#include "promql/functions/start_times.hpp"

#include <cmath>

namespace mnemo::promql {
namespace {

struct IsReset {
  bool operator()(double before, double now) const { return now < before; }
  bool operator()(const FloatHistogram& before, const FloatHistogram& now) const {
    return detect_reset(now, before);
  }
  bool operator()(SampleTimes before, SampleTimes now) const { return starts_anew(before, now); }
};

struct IsChange {
  bool operator()(double before, double now) const {
    return now != before && !(std::isnan(now) && std::isnan(before));
  }
  bool operator()(const FloatHistogram& before, const FloatHistogram& now) const {
    return !equal_content(now, before);
  }
  bool operator()(SampleTimes, SampleTimes) const { return false; }
};

/// One type of sample, as far as the neighbours of each need looking at.
template <typename Event, typename Value>
bool is_event(std::span<const int64_t> times, std::span<const int64_t> starts, size_t i,
              const Value& before, const Value& now) {
  if (!starts.empty() && Event{}({times[i - 1], starts[i - 1]}, {times[i], starts[i]})) return true;
  return Event{}(before, now);
}

/// Over floats and histograms in order of time; a switch between the two always counts.
template <typename Event>
size_t count_events(const WindowCall& call, const Window& window) {
  auto starts = call.start_times(window);
  auto histogram_starts = call.histogram_start_times(window);
  size_t events = 0;
  size_t i = 0;
  size_t j = 0;
  const double* float_before = nullptr;
  const FloatHistogram* histogram_before = nullptr;
  while (i < window.times.size() || j < window.histograms.size()) {
    bool is_float = j == window.histograms.size() ||
                    (i < window.times.size() && window.times[i] <= window.histogram_times[j]);
    if (is_float) {
      const double& now = window.values[i];
      if (histogram_before ||
          (float_before && is_event<Event>(window.times, starts, i, *float_before, now))) {
        ++events;
      }
      ++i;
      float_before = &now;
      histogram_before = nullptr;
    } else {
      const FloatHistogram& now = *window.histograms[j];
      if (float_before ||
          (histogram_before &&
           is_event<Event>(window.histogram_times, histogram_starts, j, *histogram_before, now))) {
        ++events;
      }
      ++j;
      histogram_before = &now;
      float_before = nullptr;
    }
  }
  return events;
}

template <typename Event, WindowEdges kEdges>
Status events_over_time(const WindowCall& call, StepColumn& out) {
  const std::vector<double>& values = call.series.values;
  std::vector<uint32_t> before(values.size());  // events between the samples up to each
  for (size_t i = 1; i < values.size(); ++i) {
    bool event = is_event<Event>(std::span(call.series.times), std::span(call.series.start_times),
                                 i, values[i - 1], values[i]);
    before[i] = before[i - 1] + (event ? 1 : 0);
  }
  for_each_window(call, [&](size_t step, Window window) {
    if (kEdges == WindowEdges::kAnchored) {
      auto anchored = from_anchor(window);
      if (!anchored) return;
      window = *anchored;
    }
    size_t events = 0;
    if (window.histograms.empty()) {
      events = before[window.first + window.times.size() - 1] - before[window.first];
    } else {
      events = count_events<Event>(call, window);
    }
    out.set(step, static_cast<double>(events));
  });
  return {};
}

constexpr WindowFunction kFunctions[] = {
    {"resets", events_over_time<IsReset, WindowEdges::kPlain>, false,
     events_over_time<IsReset, WindowEdges::kAnchored>},
    {"changes", events_over_time<IsChange, WindowEdges::kPlain>, false,
     events_over_time<IsChange, WindowEdges::kAnchored>},
};

}  // namespace

std::span<const WindowFunction> change_functions() { return kFunctions; }

}  // namespace mnemo::promql
