// SPDX-License-Identifier: Apache-2.0
// rate, increase, delta, irate, idelta. What bounds rate's speed is finding the window's edges:
// counter resets are found once a series, so that a window without one costs the same whatever its
// length.
#include "promql/functions/histogram_rate.hpp"
#include "promql/functions/window.hpp"

#include <algorithm>
#include <cmath>

namespace mnemo::promql {
namespace {

enum class RateKind { kRate, kIncrease, kDelta };

bool is_counter(RateKind kind) { return kind != RateKind::kDelta; }

/// The first and last sample of a window, and what changed between them.
struct Sampled {
  int64_t first_time = 0;
  int64_t last_time = 0;
  size_t intervals = 0;
  double first_value = 0;  // of a histogram: its count
  double change = 0;       // of a histogram: that of its count
};

/// By what to multiply the change between the samples of a window to get the change over the whole
/// of it: up to its edges where the samples come close to them.
inline double extrapolation_factor(const Sampled& sampled, int64_t start, int64_t end,
                                   RateKind kind, double range_seconds) {
  double to_start = static_cast<double>(sampled.first_time - start) / 1000;
  double to_end = static_cast<double>(end - sampled.last_time) / 1000;
  double interval = static_cast<double>(sampled.last_time - sampled.first_time) / 1000;
  double average = interval / static_cast<double>(sampled.intervals);
  double threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  // A counter doesn't begin below zero. Most are far from it: that is seen without the division.
  bool may_reach_zero = sampled.change > 0 && sampled.first_value >= 0 &&
                        !(interval * sampled.first_value > 2 * to_start * sampled.change);
  if (is_counter(kind) && may_reach_zero) {
    double to_zero = interval * (sampled.first_value / sampled.change);
    to_start = std::min(to_start, to_zero);
  }
  if (to_end >= threshold) to_end = average / 2;
  double factor = interval == 0 ? 1.0 : (interval + to_start + to_end) / interval;
  if (kind == RateKind::kRate) factor /= range_seconds;
  return factor;
}

/// Positions i where the counter falls from i to i + 1.
std::vector<size_t> counter_resets(const std::vector<double>& values) {
  std::vector<size_t> resets;
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    if (values[i + 1] < values[i]) resets.push_back(i);
  }
  return resets;
}

/// The change between the first and the last of `count` samples from `first` on, those of a counter
/// across its resets. Windows come in order.
class FloatChanges {
 public:
  FloatChanges(const RangeSeries& series, RateKind kind) : series_(series) {
    if (is_counter(kind)) resets_ = counter_resets(series.values);
  }

  double of(size_t first, size_t count) {
    double change = series_.values[first + count - 1] - series_.values[first];
    while (reset_ < resets_.size() && resets_[reset_] < first) ++reset_;
    for (size_t i = reset_; i < resets_.size() && resets_[i] + 1 < first + count; ++i) {
      change += series_.values[resets_[i]];
    }
    return change;
  }

 private:
  const RangeSeries& series_;
  std::vector<size_t> resets_;
  size_t reset_ = 0;  // the first one that does not lie before the window
};

/// The rate over `count` floats from `first` on. REQUIRES: count >= 2.
template <RateKind kKind>
double float_rate(const RangeSeries& series, size_t first, size_t count, double change,
                  int64_t start, int64_t end, double range_seconds) {
  Sampled sampled{series.times[first], series.times[first + count - 1], count - 1,
                  series.values[first], change};
  return change * extrapolation_factor(sampled, start, end, kKind, range_seconds);
}

/// For a series of floats alone, which most are.
template <RateKind kKind>
void rate_of_floats(const WindowCall& call, double range_seconds, StepColumn& out) {
  const RangeSeries& series = call.series;
  FloatChanges changes(series, kKind);
  WindowEdges edges(series.times);
  for (size_t step = 0; step < call.grid.count; ++step) {
    int64_t end = call.shape.shift.reference(call.grid.time(step));
    int64_t start = end - call.shape.range_ms;
    if (!edges.move_to(start, end) || edges.count() < 2) continue;
    double change = changes.of(edges.first(), edges.count());
    out.set(step, float_rate<kKind>(series, edges.first(), edges.count(), change, start, end,
                                    range_seconds));
  }
}

template <RateKind kKind>
void rate_of_any(const WindowCall& call, double range_seconds, StepColumn& out) {
  FloatChanges changes(call.series, kKind);
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.mixed()) {
      call.annotations.warn(mixed_floats_histograms_warning(call.metric_name()), call.position);
    } else if (!window.histograms.empty()) {
      auto change = histogram_change(call, window, is_counter(kKind));
      if (!change) return;
      Sampled sampled{window.histogram_times.front(), window.histogram_times.back(),
                      window.histograms.size() - 1, window.histograms.front()->count,
                      change->count};
      multiply(*change,
               extrapolation_factor(sampled, window.start, window.end, kKind, range_seconds));
      out.set(step, std::make_shared<const FloatHistogram>(*std::move(change)));
    } else if (window.values.size() >= 2) {
      double change = changes.of(window.first, window.values.size());
      out.set(step, float_rate<kKind>(call.series, window.first, window.values.size(), change,
                                      window.start, window.end, range_seconds));
    }
  });
}

template <RateKind kKind>
Status rate(const WindowCall& call, StepColumn& out) {
  double range_seconds = static_cast<double>(call.shape.range_ms) / 1000;
  if (call.series.histograms.empty()) {
    rate_of_floats<kKind>(call, range_seconds, out);
  } else {
    rate_of_any<kKind>(call, range_seconds, out);
  }
  if (is_counter(kKind)) annotate_possible_non_counter(call, out);
  return {};
}

/// One of the two last samples of a window.
struct LastSample {
  int64_t time = 0;
  double value = 0;
  const FloatHistogram* histogram = nullptr;
};

/// The two last samples, in order of time. REQUIRES: the window has two.
std::pair<LastSample, LastSample> last_two(const Window& window) {
  LastSample found[2];
  size_t i = window.times.size();
  size_t j = window.histograms.size();
  for (int k = 1; k >= 0; --k) {
    if (j == 0 || (i > 0 && window.times[i - 1] >= window.histogram_times[j - 1])) {
      --i;
      found[k] = {window.times[i], window.values[i], nullptr};
    } else {
      --j;
      found[k] = {window.histogram_times[j], 0, window.histograms[j].get()};
    }
  }
  return {found[0], found[1]};
}

template <bool kIsRate>
Status instant_rate(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.times.size() + window.histograms.size() < 2) return;
    auto [before, last] = last_two(window);
    if (last.time == before.time) return;
    double seconds = static_cast<double>(last.time - before.time) / 1000;
    if ((last.histogram == nullptr) != (before.histogram == nullptr)) {
      call.annotations.warn(mixed_floats_histograms_warning(call.metric_name()), call.position);
      return;
    }
    if (last.histogram) {
      auto change = histogram_difference(call, *before.histogram, *last.histogram, kIsRate);
      if (!change) return;
      if (kIsRate) divide(*change, seconds);
      out.set(step, std::make_shared<const FloatHistogram>(*std::move(change)));
      return;
    }
    double change = last.value;
    if (!kIsRate || !(last.value < before.value)) change = last.value - before.value;
    out.set(step, kIsRate ? change / seconds : change);
  });
  return {};
}

constexpr WindowFunction kFunctions[] = {
    {"rate", rate<RateKind::kRate>},   {"increase", rate<RateKind::kIncrease>},
    {"delta", rate<RateKind::kDelta>}, {"irate", instant_rate<true>},
    {"idelta", instant_rate<false>},
};

}  // namespace

std::span<const WindowFunction> rate_functions() { return kFunctions; }

}  // namespace mnemo::promql
