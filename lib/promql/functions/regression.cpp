// SPDX-License-Identifier: Apache-2.0
// deriv, predict_linear, double_exponential_smoothing.
#include "base/kahan_sum.hpp"
#include "promql/exec/scalar_math.hpp"
#include "promql/functions/window.hpp"

#include <fmt/format.h>

#include <cmath>

namespace mnemo::promql {
namespace {

struct Line {
  double slope = 0;
  double intercept = 0;  // at the time given
};

/// Least squares, in seconds from `origin`.
Line regression(const Window& window, int64_t origin) {
  KahanSum x_sum, y_sum, xy_sum, xx_sum;
  double first = window.values[0];
  bool constant = true;
  for (size_t i = 0; i < window.values.size(); ++i) {
    double y = window.values[i];
    if (i > 0 && y != first) constant = false;
    double x = static_cast<double>(window.times[i] - origin) / 1e3;
    x_sum.add(x);
    y_sum.add(y);
    xy_sum.add(x * y);
    xx_sum.add(x * x);
  }
  if (constant) return std::isinf(first) ? Line{kNan, kNan} : Line{0, first};
  auto n = static_cast<double>(window.values.size());
  double x = x_sum.total();
  double y = y_sum.total();
  double covariance = xy_sum.total() - x * y / n;
  double variance = xx_sum.total() - x * x / n;
  double slope = covariance / variance;
  return {slope, y / n - slope * x / n};
}

/// Visits the windows with two floats or more, and notes histograms beside floats.
template <typename Visit>
void for_each_line(const WindowCall& call, Visit&& visit) {
  for_each_window(call, [&](size_t step, const Window& window) {
    if (window.mixed()) {
      call.annotations.info(histograms_ignored_in_range_info(call.metric_name()), call.position);
    }
    if (window.times.size() >= 2) visit(step, window);
  });
}

Status deriv(const WindowCall& call, StepColumn& out) {
  for_each_line(call, [&](size_t step, const Window& window) {
    out.set(step, regression(window, window.times[0]).slope);
  });
  return {};
}

Status predict_linear(const WindowCall& call, StepColumn& out) {
  for_each_line(call, [&](size_t step, const Window& window) {
    Line line = regression(window, call.grid.time(step));
    out.set(step, line.slope * call.scalars[0][step] + line.intercept);
  });
  return {};
}

double smoothed(std::span<const double> values, double smoothing, double trend) {
  double before = 0;
  double level = values[0];
  double slope = values[1] - values[0];
  for (size_t i = 1; i < values.size(); ++i) {
    double x = smoothing * values[i];
    if (i > 1) slope = trend * (level - before) + (1 - trend) * slope;
    double y = (1 - smoothing) * (level + slope);
    before = level;
    level = x + y;
  }
  return level;
}

Status double_exponential_smoothing(const WindowCall& call, StepColumn& out) {
  Status status;
  for_each_window(call, [&](size_t step, const Window& window) {
    if (!status.ok()) return;
    double smoothing = call.scalars[0][step];
    double trend = call.scalars[1][step];
    if (smoothing <= 0 || smoothing >= 1) {
      status = Status::failed_precondition(
          fmt::format("invalid smoothing factor. Expected: 0 < sf < 1, got: {:f}", smoothing));
    } else if (trend <= 0 || trend >= 1) {
      status = Status::failed_precondition(
          fmt::format("invalid trend factor. Expected: 0 < tf < 1, got: {:f}", trend));
    }
    if (!status.ok()) return;
    if (window.mixed()) {
      call.annotations.info(histograms_ignored_in_range_info(call.metric_name()), call.position);
    }
    if (window.times.size() >= 2) out.set(step, smoothed(window.values, smoothing, trend));
  });
  return status;
}

constexpr WindowFunction kFunctions[] = {
    {"deriv", deriv},
    {"predict_linear", predict_linear},
    {"double_exponential_smoothing", double_exponential_smoothing},
};

}  // namespace

std::span<const WindowFunction> regression_functions() { return kFunctions; }

}  // namespace mnemo::promql
