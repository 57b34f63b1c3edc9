// SPDX-License-Identifier: Apache-2.0
// resets and changes: counts of what happens between neighbours. Over floats alone, each pair is
// looked at once a series and counted as it enters and leaves the window.
#include "model/histogram_math.hpp"
#include "promql/functions/window.hpp"

#include <cmath>

namespace mnemo::promql {
namespace {

struct IsReset {
  bool operator()(double before, double now) const { return now < before; }
  bool operator()(const FloatHistogram& before, const FloatHistogram& now) const {
    return detect_reset(now, before);
  }
};

struct IsChange {
  bool operator()(double before, double now) const {
    return now != before && !(std::isnan(now) && std::isnan(before));
  }
  bool operator()(const FloatHistogram& before, const FloatHistogram& now) const {
    return !equal_content(now, before);
  }
};

/// Over floats and histograms in order of time; a switch between the two always counts.
template <typename Event>
size_t count_events(const Window& window) {
  size_t events = 0;
  size_t i = 0;
  size_t j = 0;
  const double* float_before = nullptr;
  const FloatHistogram* histogram_before = nullptr;
  while (i < window.times.size() || j < window.histograms.size()) {
    bool is_float = j == window.histograms.size() ||
                    (i < window.times.size() && window.times[i] <= window.histogram_times[j]);
    if (is_float) {
      const double& now = window.values[i++];
      if (histogram_before || (float_before && Event{}(*float_before, now))) ++events;
      float_before = &now;
      histogram_before = nullptr;
    } else {
      const FloatHistogram& now = *window.histograms[j++];
      if (float_before || (histogram_before && Event{}(*histogram_before, now))) ++events;
      histogram_before = &now;
      float_before = nullptr;
    }
  }
  return events;
}

template <typename Event>
Status events_over_time(const WindowCall& call, StepColumn& out) {
  const std::vector<double>& values = call.series.values;
  std::vector<uint32_t> before(values.size());  // events between the samples up to each
  for (size_t i = 1; i < values.size(); ++i) {
    before[i] = before[i - 1] + (Event{}(values[i - 1], values[i]) ? 1 : 0);
  }
  for_each_window(call, [&](size_t step, const Window& window) {
    size_t events = 0;
    if (window.histograms.empty()) {
      events = before[window.first + window.times.size() - 1] - before[window.first];
    } else {
      events = count_events<Event>(window);
    }
    out.set(step, static_cast<double>(events));
  });
  return {};
}

constexpr WindowFunction kFunctions[] = {
    {"resets", events_over_time<IsReset>},
    {"changes", events_over_time<IsChange>},
};

}  // namespace

std::span<const WindowFunction> change_functions() { return kFunctions; }

}  // namespace mnemo::promql
