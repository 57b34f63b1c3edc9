// SPDX-License-Identifier: Apache-2.0
// rate, increase, delta, irate, idelta. What bounds rate's speed is finding the window's edges:
// counter resets are found once a series, so that a window without one costs the same whatever its
// length.
#include "promql/functions/rate.hpp"

#include "promql/functions/extended_windows.hpp"
#include "promql/functions/histogram_rate.hpp"
#include "promql/functions/start_times.hpp"
#include "promql/functions/window.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace mnemo::promql {
namespace {

/// The first and last sample of a window, and what changed between them.
struct Sampled {
  int64_t first_time = 0;
  int64_t last_time = 0;
  size_t intervals = 0;
  double first_value = 0;  // of a histogram: its count
  double change = 0;       // of a histogram: that of its count
};

/// From when on the first sample of a counter counts, where that lies within the window: it stands
/// for a sample of nothing, in the place of extrapolation to the window's start.
std::optional<int64_t> start_within(const Window& window, std::span<const int64_t> times,
                                    std::span<const int64_t> start_times) {
  if (start_times.empty() || start_times[0] == 0) return std::nullopt;
  bool within = start_times[0] > window.start && start_times[0] < times[0];
  return within ? std::optional(start_times[0]) : std::nullopt;
}

/// By what to multiply the change between the samples of a window from `start` to `end` to get the
/// change over the whole of it: up to its edges where the samples come close to them, or from
/// `counted_from` on.
inline double extrapolation_factor(const Sampled& sampled, int64_t start, int64_t end,
                                   RateKind kind, double range_seconds,
                                   std::optional<int64_t> counted_from = {}) {
  double to_start = static_cast<double>(sampled.first_time - start) / 1000;
  double to_end = static_cast<double>(end - sampled.last_time) / 1000;
  double interval = static_cast<double>(sampled.last_time - sampled.first_time) / 1000;
  double average = sampled.intervals == 0 ? 0 : interval / static_cast<double>(sampled.intervals);
  double threshold = average * 1.1;
  if (to_start >= threshold) to_start = average / 2;
  // A counter doesn't begin below zero. Most are far from it: that is seen without the division.
  bool may_reach_zero = sampled.change > 0 && sampled.first_value >= 0 &&
                        !(interval * sampled.first_value > 2 * to_start * sampled.change);
  if (is_counter(kind) && may_reach_zero) {
    double to_zero = interval * (sampled.first_value / sampled.change);
    to_start = std::min(to_start, to_zero);
  }
  if (counted_from) {
    to_start = 0;
    interval = static_cast<double>(sampled.last_time - *counted_from) / 1000;
  }
  if (to_end >= threshold) to_end = average / 2;
  double factor = interval == 0 ? 1.0 : (interval + to_start + to_end) / interval;
  if (kind == RateKind::kRate) factor /= range_seconds;
  return factor;
}

/// Pairs of neighbouring floats that are looked for window by window, by the first of each.
class Pairs {
 public:
  explicit Pairs(std::vector<size_t> positions) : positions_(std::move(positions)) {}

  /// Calls visit(i) for those within the `count` samples from `first` on. Windows come in order.
  template <typename Visit>
  void within(size_t first, size_t count, Visit visit) {
    while (first_ < positions_.size() && positions_[first_] < first) ++first_;
    size_t end = first + count;
    for (size_t i = first_; i < positions_.size() && positions_[i] + 1 < end; ++i) {
      visit(positions_[i]);
    }
  }

 private:
  std::vector<size_t> positions_;
  size_t first_ = 0;
};

template <typename Relation>
std::vector<size_t> pairs_where(const RangeSeries& series, Relation relation) {
  std::vector<size_t> positions;
  for (size_t i = 1; i < series.start_times.size(); ++i) {
    if (relation({series.times[i - 1], series.start_times[i - 1]},
                 {series.times[i], series.start_times[i]}, i)) {
      positions.push_back(i - 1);
    }
  }
  return positions;
}

/// Where a counter falls, or starts anew by its start timestamps.
std::vector<size_t> all_counter_resets(const RangeSeries& series) {
  if (series.start_times.empty()) return counter_resets(series.values);
  return pairs_where(series, [&](SampleTimes before, SampleTimes now, size_t i) {
    return series.values[i] < series.values[i - 1] || starts_anew(before, now);
  });
}

std::vector<size_t> overlaps(const RangeSeries& series) {
  return pairs_where(series, [](SampleTimes before, SampleTimes now, size_t) {
    return starts_overlap(before, now);
  });
}

/// The change of a window's histograms, before extrapolation.
std::optional<FloatHistogram> sampled_change(const WindowCall& call, const Window& window,
                                             bool is_counter, std::optional<int64_t> start) {
  const FloatHistogram& first = *window.histograms.front();
  if (window.histograms.size() == 1) return start ? std::optional(first) : std::nullopt;
  auto change = histogram_change(call, window, is_counter);
  if (!change || !start) return change;
  if (add_counted(call, first, *change)) return change;
  call.annotations.warn(mixed_schemas_warning(call.metric_name()), call.position);
  return std::nullopt;
}

/// For a series of floats alone without start timestamps, which most are.
template <RateKind kKind>
void rate_of_floats(const WindowCall& call, double range_seconds, StepColumn& out) {
  const std::vector<int64_t>& times = call.series.times;
  const std::vector<double>& values = call.series.values;
  Pairs resets(is_counter(kKind) ? counter_resets(values) : std::vector<size_t>());
  WindowCursor cursor(times);
  for (size_t step = 0; step < call.grid.count; ++step) {
    int64_t end = call.shape.shift.reference(call.grid.time(step));
    int64_t start = end - call.shape.range_ms;
    if (!cursor.move_to(start, end) || cursor.count() < 2) continue;
    size_t first = cursor.first();
    size_t last = first + cursor.count() - 1;
    double change = values[last] - values[first];
    resets.within(first, cursor.count(), [&](size_t i) { change += values[i]; });
    Sampled sampled{times[first], times[last], last - first, values[first], change};
    out.set(step, change * extrapolation_factor(sampled, start, end, kKind, range_seconds));
  }
}

template <RateKind kKind>
void rate_of_any(const WindowCall& call, double range_seconds, StepColumn& out) {
  Pairs resets(is_counter(kKind) ? all_counter_resets(call.series) : std::vector<size_t>());
  bool overlap = false;
  Pairs overlapping(is_counter(kKind) ? overlaps(call.series) : std::vector<size_t>());
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.mixed()) {
      call.annotations.warn(mixed_floats_histograms_warning(call.metric_name()), call.position);
      return;
    }
    size_t n = window.values.size();
    if (!window.histograms.empty()) {
      std::optional<int64_t> start;
      if (is_counter(kKind)) {
        start = start_within(window, window.histogram_times, call.histogram_start_times(window));
      }
      auto change = sampled_change(call, window, is_counter(kKind), start);
      if (!change) return;
      Sampled sampled{window.histogram_times.front(), window.histogram_times.back(),
                      window.histograms.size() - 1, window.histograms.front()->count,
                      change->count};
      multiply(*change, extrapolation_factor(sampled, window.start, window.end, kKind,
                                             range_seconds, start));
      out.set(step, std::make_shared<const FloatHistogram>(*std::move(change)));
      return;
    }
    std::optional<int64_t> start;
    if (is_counter(kKind)) start = start_within(window, window.times, call.start_times(window));
    if (n < 2 && !start) return;
    double change = window.values.back() - window.values.front();
    resets.within(window.first, n, [&](size_t i) { change += call.series.values[i]; });
    overlapping.within(window.first, n, [&](size_t) { overlap = true; });
    if (start) change += window.values.front();
    Sampled sampled{window.times.front(), window.times.back(), n - 1, window.values.front(),
                    change};
    out.set(step, change * extrapolation_factor(sampled, window.start, window.end, kKind,
                                                range_seconds, start));
  });
  if (overlap) {
    call.annotations.warn(start_time_overlap_warning(call.metric_name()), call.position);
  }
}

template <RateKind kKind>
Status rate(const WindowCall& call, StepColumn& out) {
  double range_seconds = static_cast<double>(call.shape.range_ms) / 1000;
  if (call.series.histograms.empty() && call.series.start_times.empty()) {
    rate_of_floats<kKind>(call, range_seconds, out);
  } else {
    rate_of_any<kKind>(call, range_seconds, out);
  }
  if (is_counter(kKind)) annotate_possible_non_counter(call, out);
  return {};
}

/// One of the two last samples of a window.
struct LastSample {
  SampleTimes at;
  double value = 0;
  const FloatHistogram* histogram = nullptr;
};

/// The two last samples, in order of time. REQUIRES: the window has two.
std::pair<LastSample, LastSample> last_two(const WindowCall& call, const Window& window) {
  auto starts = call.start_times(window);
  auto histogram_starts = call.histogram_start_times(window);
  LastSample found[2];
  size_t i = window.times.size();
  size_t j = window.histograms.size();
  for (int k = 1; k >= 0; --k) {
    if (j == 0 || (i > 0 && window.times[i - 1] >= window.histogram_times[j - 1])) {
      --i;
      found[k] = {{window.times[i], starts.empty() ? 0 : starts[i]}, window.values[i], nullptr};
    } else {
      --j;
      found[k] = {{window.histogram_times[j], histogram_starts.empty() ? 0 : histogram_starts[j]},
                  0,
                  window.histograms[j].get()};
    }
  }
  return {found[0], found[1]};
}

template <bool kIsRate>
Status instant_rate(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.times.size() + window.histograms.size() < 2) return;
    auto [before, last] = last_two(call, window);
    if (last.at.time == before.at.time) return;
    double seconds = static_cast<double>(last.at.time - before.at.time) / 1000;
    bool anew = kIsRate && starts_anew(before.at, last.at);
    if ((last.histogram == nullptr) != (before.histogram == nullptr)) {
      call.annotations.warn(mixed_floats_histograms_warning(call.metric_name()), call.position);
      return;
    }
    if (last.histogram) {
      auto change = histogram_difference(call, *before.histogram, *last.histogram, kIsRate, anew);
      if (!change) return;
      if (kIsRate) divide(*change, seconds);
      out.set(step, std::make_shared<const FloatHistogram>(*std::move(change)));
      return;
    }
    double change = last.value;
    if (!kIsRate || !(last.value < before.value || anew)) change = last.value - before.value;
    out.set(step, kIsRate ? change / seconds : change);
  });
  return {};
}

template <RateKind kKind>
constexpr WindowFunction over_all_windows(std::string_view name) {
  return {name, rate<kKind>, false, extended_rate<WindowEdges::kAnchored, kKind>,
          extended_rate<WindowEdges::kSmoothed, kKind>};
}

constexpr WindowFunction kFunctions[] = {
    over_all_windows<RateKind::kRate>("rate"),
    over_all_windows<RateKind::kIncrease>("increase"),
    over_all_windows<RateKind::kDelta>("delta"),
    {"irate", instant_rate<true>},
    {"idelta", instant_rate<false>},
};

}  // namespace

std::span<const WindowFunction> rate_functions() { return kFunctions; }

}  // namespace mnemo::promql
