// SPDX-License-Identifier: Apache-2.0
#include "query/aggregates.hpp"

#include <algorithm>
#include <array>

namespace mnemo {
namespace {

constexpr std::array<std::string_view, 9> kNeedTwoSamples = {
    "delta",        "deriv",          "double_exponential_smoothing",
    "holt_winters", "idelta",         "increase",
    "irate",        "predict_linear", "rate"};

constexpr std::array<std::string_view, 6> kCounterFunctions = {"increase", "irate",     "rate",
                                                               "resets",   "xincrease", "xrate"};

template <size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_or_begins(std::string_view function, std::string_view name, std::string_view prefix) {
  return function == name || function.substr(0, prefix.size()) == prefix;
}

}  // namespace

std::vector<Aggregate> aggregates_for(std::string_view function) {
  if (is_or_begins(function, "min", "min_")) return {Aggregate::kMin};
  if (is_or_begins(function, "max", "max_")) return {Aggregate::kMax};
  if (is_or_begins(function, "count", "count_")) return {Aggregate::kCount};
  // The aggregation sum wants the samples themselves, so only the functions count here.
  if (function.substr(0, 4) == "sum_") return {Aggregate::kSum};
  if (contains(kCounterFunctions, function)) return {Aggregate::kCounter};
  return {Aggregate::kCount, Aggregate::kSum};
}

int64_t coarsest_resolution_for(const Selection& selection, int64_t max_source_resolution_ms) {
  if (selection.range_ms > 0 && contains(kNeedTwoSamples, selection.func)) {
    return std::min(max_source_resolution_ms, selection.range_ms / 2);
  }
  return max_source_resolution_ms;
}

}  // namespace mnemo
