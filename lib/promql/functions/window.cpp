// SPDX-License-Identifier: Apache-2.0
#include "promql/functions/window.hpp"

#include "promql/exec/scalar_math.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace mnemo::promql {
namespace {

bool any_stale(const std::vector<double>& values) {
  bool any = false;  // all are looked at, without a branch
  for (double value : values) any |= is_stale_nan(value);
  return any;
}

auto families() {
  return std::array{rate_functions(), over_time_functions(), regression_functions(),
                    change_functions(), x_functions()};
}

const WindowFunction* find_in(std::span<const WindowFunction> family, std::string_view name) {
  auto found = std::find_if(family.begin(), family.end(),
                            [&](const WindowFunction& f) { return f.name == name; });
  return found == family.end() ? nullptr : &*found;
}

}  // namespace

void RangeSeries::clear_samples() {
  times.clear();
  values.clear();
  histogram_times.clear();
  histograms.clear();
  start_times.clear();
  histogram_start_times.clear();
}

void split_samples(SampleColumn& column, RangeSeries& out) {
  out.clear_samples();
  if (!column.has_histograms() && !any_stale(column.values)) {
    std::swap(out.times, column.times);
    std::swap(out.values, column.values);
    std::swap(out.start_times, column.start_times);
    return;
  }
  bool has_starts = !column.start_times.empty();
  for (size_t i = 0; i < column.size(); ++i) {
    if (is_stale_nan(column.values[i])) continue;
    if (column.histogram(i) != nullptr) {
      out.histogram_times.push_back(column.times[i]);
      out.histograms.push_back(std::move(column.histograms[i]));
      if (has_starts) out.histogram_start_times.push_back(column.start_times[i]);
    } else {
      out.times.push_back(column.times[i]);
      out.values.push_back(column.values[i]);
      if (has_starts) out.start_times.push_back(column.start_times[i]);
    }
  }
}

const WindowFunction* find_window_function(std::string_view name) {
  for (auto family : families()) {
    if (const auto* found = find_in(family, name)) return found;
  }
  return nullptr;
}

std::string_view modifier_name(WindowEdges edges) {
  switch (edges) {
    case WindowEdges::kPlain: return "";
    case WindowEdges::kAnchored: return "anchored";
    case WindowEdges::kSmoothed: return "smoothed";
  }
  return "";
}

WindowEvaluate evaluate_over(const WindowFunction& function, WindowEdges edges) {
  switch (edges) {
    case WindowEdges::kPlain: return function.evaluate;
    case WindowEdges::kAnchored: return function.anchored;
    case WindowEdges::kSmoothed: return function.smoothed;
  }
  return nullptr;
}

Status edges_error(const WindowFunction& function, WindowEdges edges) {
  std::set<std::string_view> names;
  for (auto family : families()) {
    for (const WindowFunction& other : family) {
      if (evaluate_over(other, edges)) names.insert(other.name);
    }
  }
  return Status::failed_precondition(
      fmt::format("{} modifier can only be used with: {} - not with {}", modifier_name(edges),
                  fmt::join(names, ", "), function.name));
}

double quantile_of(double q, std::vector<double>& values) {
  if (values.empty() || std::isnan(q)) return kNan;
  if (q < 0) return -kInfinity;
  if (q > 1) return kInfinity;
  auto first_number = std::stable_partition(values.begin(), values.end(),
                                            [](double value) { return std::isnan(value); });
  std::sort(first_number, values.end());
  auto n = static_cast<double>(values.size());
  double rank = q * (n - 1);
  double lower = std::max(0.0, std::floor(rank));
  double upper = std::min(n - 1, lower + 1);
  double weight = rank - std::floor(rank);
  return values[static_cast<size_t>(lower)] * (1 - weight) +
         values[static_cast<size_t>(upper)] * weight;
}

}  // namespace mnemo::promql
