// SPDX-License-Identifier: Apache-2.0
// The functions that aggregate a window. Sums are taken anew for every window: what a NaN, an
// infinity or a large number does to a running sum could not be undone when it leaves. Extremes
// slide with it.
#include "base/kahan_sum.hpp"
#include "promql/exec/scalar_math.hpp"
#include "promql/functions/histogram_sum.hpp"
#include "promql/functions/window.hpp"
#include "promql/functions/window_sums.hpp"

#include <algorithm>
#include <cmath>

namespace mnemo::promql {
namespace {

/// For functions that leave histograms out: visits the windows that have floats.
template <typename Visit>
void for_each_float_window(const WindowCall& call, Visit&& visit) {
  bool noted = false;
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.times.empty()) return;
    if (!window.histograms.empty() && !noted) {
      call.annotations.info(histograms_ignored_in_range_info(call.metric_name()), call.position);
      noted = true;
    }
    visit(step, window);
  });
}

/// For functions of either floats or histograms.
template <typename Floats, typename Histograms>
void for_each_pure_window(const WindowCall& call, Floats&& floats, Histograms&& histograms) {
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.mixed()) {
      call.annotations.warn(mixed_floats_histograms_warning(call.metric_name()), call.position);
    } else if (window.histograms.empty()) {
      floats(step, window);
    } else {
      histograms(step, window);
    }
  });
}

double sum_of(std::span<const double> values) {
  KahanSum sum;
  for (double value : values) sum.add(value);
  return std::isinf(sum.sum) ? sum.sum : sum.total();
}

double mean_of(std::span<const double> values) {
  KahanMean mean;
  for (double value : values) mean.add(value);
  return mean.value();
}

Status sum_over_time(const WindowCall& call, StepColumn& out) {
  if (call.series.histograms.empty()) {
    sum_float_windows(call, [&](size_t step, std::span<const double> values, const KahanSum& sum) {
      out.set(step, std::isfinite(sum.sum) ? sum.total() : sum_of(values));
    });
    return {};
  }
  for_each_pure_window(
      call, [&](size_t step, const Window& window) { out.set(step, sum_of(window.values)); },
      [&](size_t step, const Window& window) {
        auto sum = sum_histograms(call, window);
        if (sum) out.set(step, std::make_shared<const FloatHistogram>(*std::move(sum)));
      });
  return {};
}

Status avg_over_time(const WindowCall& call, StepColumn& out) {
  if (call.series.histograms.empty()) {
    sum_float_windows(call, [&](size_t step, std::span<const double> values, const KahanSum& sum) {
      auto count = static_cast<double>(values.size());
      bool simple = std::isfinite(sum.sum);
      out.set(step, simple ? sum.sum / count + sum.compensation / count : mean_of(values));
    });
    return {};
  }
  for_each_pure_window(
      call, [&](size_t step, const Window& window) { out.set(step, mean_of(window.values)); },
      [&](size_t step, const Window& window) {
        auto mean = average_histograms(call, window);
        if (mean) out.set(step, std::make_shared<const FloatHistogram>(*std::move(mean)));
      });
  return {};
}

Status count_over_time(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    out.set(step, static_cast<double>(window.times.size() + window.histograms.size()));
  });
  return {};
}

Status present_over_time(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window&) { out.set(step, 1); });
  return {};
}

struct Greater {
  bool operator()(double value, double best) const { return value > best || std::isnan(best); }
};
struct Less {
  bool operator()(double value, double best) const { return value < best || std::isnan(best); }
};
struct GreaterOrEqual {
  bool operator()(double value, double best) const { return value >= best || std::isnan(best); }
};
struct LessOrEqual {
  bool operator()(double value, double best) const { return value <= best || std::isnan(best); }
};

template <typename Better>
size_t best_position(std::span<const double> values) {
  size_t best = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (Better{}(values[i], values[best])) best = i;
  }
  return best;
}

/// The extreme of one window after the other: samples that a later and better one hides are
/// forgotten, so that each is looked at once. The first among equals, NaN where there is nothing
/// else.
template <typename Better>
class SlidingExtreme {
 public:
  explicit SlidingExtreme(const std::vector<double>& values) : values_(values) {}

  /// Of `count` values from `first` on. Neither edge moves back.
  double of(size_t first, size_t count) {
    for (next_ = std::max(next_, first); next_ < first + count; ++next_) {
      double value = values_[next_];
      if (std::isnan(value)) continue;
      while (head_ < queue_.size() && Better{}(value, values_[queue_.back()])) queue_.pop_back();
      queue_.push_back(next_);
    }
    while (head_ < queue_.size() && queue_[head_] < first) ++head_;
    return head_ < queue_.size() ? values_[queue_[head_]] : values_[first + count - 1];
  }

 private:
  const std::vector<double>& values_;
  std::vector<size_t> queue_;  // positions, each better than those after it
  size_t head_ = 0;
  size_t next_ = 0;
};

template <typename Better>
Status extreme_over_time(const WindowCall& call, StepColumn& out) {
  SlidingExtreme<Better> extreme(call.series.values);
  for_each_float_window(call, [&](size_t step, const Window& window) {
    out.set(step, extreme.of(window.first, window.values.size()));
  });
  return {};
}

template <typename Better>
Status time_of_extreme_over_time(const WindowCall& call, StepColumn& out) {
  for_each_float_window(call, [&](size_t step, const Window& window) {
    size_t best = best_position<Better>(window.values);
    out.set(step, static_cast<double>(window.times[best]) / 1000);
  });
  return {};
}

/// Welford's variance, each of its sums compensated.
double variance(std::span<const double> values) {
  double count = 0;
  KahanSum mean;
  KahanSum squares;
  for (double value : values) {
    count += 1;
    double delta = value - mean.total();
    mean.add(delta / count);
    squares.add(delta * (value - mean.total()));
  }
  return squares.total() / count;
}

Status stdvar_over_time(const WindowCall& call, StepColumn& out) {
  for_each_float_window(
      call, [&](size_t step, const Window& window) { out.set(step, variance(window.values)); });
  return {};
}

Status stddev_over_time(const WindowCall& call, StepColumn& out) {
  for_each_float_window(call, [&](size_t step, const Window& window) {
    out.set(step, std::sqrt(variance(window.values)));
  });
  return {};
}

Status quantile_over_time(const WindowCall& call, StepColumn& out) {
  std::vector<double> sorted;
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.times.empty()) return;
    double q = call.scalars[0][step];
    if (std::isnan(q) || q < 0 || q > 1) call.annotations.warn(quantile_warning(q), call.position);
    if (!window.histograms.empty()) {
      call.annotations.info(histograms_ignored_in_range_info(call.metric_name()), call.position);
    }
    sorted.assign(window.values.begin(), window.values.end());
    out.set(step, quantile_of(q, sorted));
  });
  return {};
}

Status mad_over_time(const WindowCall& call, StepColumn& out) {
  std::vector<double> sorted;
  for_each_float_window(call, [&](size_t step, const Window& window) {
    sorted.assign(window.values.begin(), window.values.end());
    if (std::any_of(sorted.begin(), sorted.end(), [](double v) { return std::isnan(v); })) {
      out.set(step, kNan);
      return;
    }
    double median = quantile_of(0.5, sorted);
    for (double& value : sorted) value = std::fabs(value - median);
    out.set(step, quantile_of(0.5, sorted));
  });
  return {};
}

Status first_over_time(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    bool is_float = window.histograms.empty() ||
                    (!window.times.empty() && window.times[0] < window.histogram_times[0]);
    if (is_float) {
      out.set(step, window.values[0]);
    } else {
      out.set(step, window.histograms[0]);
    }
  });
  return {};
}

Status last_over_time(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    bool is_float = window.histograms.empty() ||
                    (!window.times.empty() && window.histogram_times.back() < window.times.back());
    if (is_float) {
      out.set(step, window.values.back());
    } else {
      out.set(step, window.histograms.back());
    }
  });
  return {};
}

Status ts_of_first_over_time(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    int64_t time = kMaxTime;
    if (!window.times.empty()) time = window.times[0];
    if (!window.histograms.empty()) time = std::min(time, window.histogram_times[0]);
    out.set(step, static_cast<double>(time) / 1000);
  });
  return {};
}

Status ts_of_last_over_time(const WindowCall& call, StepColumn& out) {
  for_each_window(call, [&](size_t step, const Window& window) {
    int64_t time = 0;
    if (!window.times.empty()) time = std::max(time, window.times.back());
    if (!window.histograms.empty()) time = std::max(time, window.histogram_times.back());
    out.set(step, static_cast<double>(time) / 1000);
  });
  return {};
}

constexpr bool kKeepsName = true;

constexpr WindowFunction kFunctions[] = {
    {"sum_over_time", sum_over_time},
    {"avg_over_time", avg_over_time},
    {"count_over_time", count_over_time},
    {"present_over_time", present_over_time},
    {"absent_over_time", present_over_time},
    {"max_over_time", extreme_over_time<Greater>},
    {"min_over_time", extreme_over_time<Less>},
    {"stddev_over_time", stddev_over_time},
    {"stdvar_over_time", stdvar_over_time},
    {"quantile_over_time", quantile_over_time},
    {"mad_over_time", mad_over_time},
    {"first_over_time", first_over_time, kKeepsName},
    {"last_over_time", last_over_time, kKeepsName},
    {"ts_of_first_over_time", ts_of_first_over_time},
    {"ts_of_last_over_time", ts_of_last_over_time},
    {"ts_of_max_over_time", time_of_extreme_over_time<GreaterOrEqual>},
    {"ts_of_min_over_time", time_of_extreme_over_time<LessOrEqual>},
};

}  // namespace

std::span<const WindowFunction> over_time_functions() { return kFunctions; }

}  // namespace mnemo::promql
