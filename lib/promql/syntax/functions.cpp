// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/functions.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

constexpr ValueType kS = ValueType::kScalar;
constexpr ValueType kV = ValueType::kVector;
constexpr ValueType kM = ValueType::kMatrix;
constexpr ValueType kT = ValueType::kString;

constexpr ValueType kMatrix[] = {kM};
constexpr ValueType kScalar[] = {kS};
constexpr ValueType kVector[] = {kV};
constexpr ValueType kMatrixScalar[] = {kM, kS};
constexpr ValueType kScalarMatrix[] = {kS, kM};
constexpr ValueType kScalarScalar[] = {kS, kS};
constexpr ValueType kScalarVector[] = {kS, kV};
constexpr ValueType kVectorScalar[] = {kV, kS};
constexpr ValueType kVectorString[] = {kV, kT};
constexpr ValueType kVectorVector[] = {kV, kV};
constexpr ValueType kMatrixScalarScalar[] = {kM, kS, kS};
constexpr ValueType kScalarScalarVector[] = {kS, kS, kV};
constexpr ValueType kVectorScalarScalar[] = {kV, kS, kS};
constexpr ValueType kVectorStringScalarScalar[] = {kV, kT, kS, kS};
constexpr ValueType kVectorThreeStrings[] = {kV, kT, kT, kT};
constexpr ValueType kVectorFourStrings[] = {kV, kT, kT, kT, kT};

constexpr bool kExperimental = true;

// Sorted by name.
constexpr Function kFunctions[] = {
    {"abs", kVector, 0, kV},
    {"absent", kVector, 0, kV},
    {"absent_over_time", kMatrix, 0, kV},
    {"acos", kVector, 0, kV},
    {"acosh", kVector, 0, kV},
    {"asin", kVector, 0, kV},
    {"asinh", kVector, 0, kV},
    {"atan", kVector, 0, kV},
    {"atanh", kVector, 0, kV},
    {"avg_over_time", kMatrix, 0, kV},
    {"ceil", kVector, 0, kV},
    {"changes", kMatrix, 0, kV},
    {"clamp", kVectorScalarScalar, 0, kV},
    {"clamp_max", kVectorScalar, 0, kV},
    {"clamp_min", kVectorScalar, 0, kV},
    {"cos", kVector, 0, kV},
    {"cosh", kVector, 0, kV},
    {"count_over_time", kMatrix, 0, kV},
    {"day_of_month", kVector, 1, kV},
    {"day_of_week", kVector, 1, kV},
    {"day_of_year", kVector, 1, kV},
    {"days_in_month", kVector, 1, kV},
    {"deg", kVector, 0, kV},
    {"delta", kMatrix, 0, kV},
    {"deriv", kMatrix, 0, kV},
    {"double_exponential_smoothing", kMatrixScalarScalar, 0, kV, kExperimental},
    {"end", {}, 0, kS, kExperimental},
    {"exp", kVector, 0, kV},
    {"first_over_time", kMatrix, 0, kV},
    {"floor", kVector, 0, kV},
    {"histogram_avg", kVector, 0, kV},
    {"histogram_count", kVector, 0, kV},
    {"histogram_fraction", kScalarScalarVector, 0, kV},
    {"histogram_quantile", kScalarVector, 0, kV},
    {"histogram_quantiles", kVectorStringScalarScalar, 9, kV, kExperimental},
    {"histogram_stddev", kVector, 0, kV},
    {"histogram_stdvar", kVector, 0, kV},
    {"histogram_sum", kVector, 0, kV},
    {"hour", kVector, 1, kV},
    {"idelta", kMatrix, 0, kV},
    {"increase", kMatrix, 0, kV},
    {"info", kVectorVector, 1, kV, kExperimental},
    {"irate", kMatrix, 0, kV},
    {"label_join", kVectorThreeStrings, -1, kV},
    {"label_replace", kVectorFourStrings, 0, kV},
    {"last_over_time", kMatrix, 0, kV},
    {"ln", kVector, 0, kV},
    {"log10", kVector, 0, kV},
    {"log2", kVector, 0, kV},
    {"mad_over_time", kMatrix, 0, kV, kExperimental},
    {"max_of", kScalarScalar, 0, kS, kExperimental},
    {"max_over_time", kMatrix, 0, kV},
    {"min_of", kScalarScalar, 0, kS, kExperimental},
    {"min_over_time", kMatrix, 0, kV},
    {"minute", kVector, 1, kV},
    {"month", kVector, 1, kV},
    {"pi", {}, 0, kS},
    {"predict_linear", kMatrixScalar, 0, kV},
    {"present_over_time", kMatrix, 0, kV},
    {"quantile_over_time", kScalarMatrix, 0, kV},
    {"rad", kVector, 0, kV},
    {"range", {}, 0, kS, kExperimental},
    {"rate", kMatrix, 0, kV},
    {"resets", kMatrix, 0, kV},
    {"round", kVectorScalar, 1, kV},
    {"scalar", kVector, 0, kS},
    {"sgn", kVector, 0, kV},
    {"sin", kVector, 0, kV},
    {"sinh", kVector, 0, kV},
    {"sort", kVector, 0, kV},
    {"sort_by_label", kVectorString, -1, kV, kExperimental},
    {"sort_by_label_desc", kVectorString, -1, kV, kExperimental},
    {"sort_desc", kVector, 0, kV},
    {"sqrt", kVector, 0, kV},
    {"start", {}, 0, kS, kExperimental},
    {"start_timestamp", kVector, 0, kV, kExperimental},
    {"stddev_over_time", kMatrix, 0, kV},
    {"stdvar_over_time", kMatrix, 0, kV},
    {"step", {}, 0, kS, kExperimental},
    {"sum_over_time", kMatrix, 0, kV},
    {"tan", kVector, 0, kV},
    {"tanh", kVector, 0, kV},
    {"time", {}, 0, kS},
    {"timestamp", kVector, 0, kV},
    {"ts_of_first_over_time", kMatrix, 0, kV, kExperimental},
    {"ts_of_last_over_time", kMatrix, 0, kV, kExperimental},
    {"ts_of_max_over_time", kMatrix, 0, kV, kExperimental},
    {"ts_of_min_over_time", kMatrix, 0, kV, kExperimental},
    {"vector", kScalar, 0, kV},
    {"year", kVector, 1, kV},
};

constexpr Function kXFunctions[] = {
    {"xdelta", kMatrix, 0, kV},
    {"xincrease", kMatrix, 0, kV},
    {"xrate", kMatrix, 0, kV},
};

const Function* find_in(std::span<const Function> sorted, std::string_view name) {
  auto found = std::lower_bound(sorted.begin(), sorted.end(), name,
                                [](const Function& f, std::string_view n) { return f.name < n; });
  return found != sorted.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

std::span<const Function> functions() { return kFunctions; }

const Function* find_function(std::string_view name) { return find_in(kFunctions, name); }

const Function* find_x_function(std::string_view name) { return find_in(kXFunctions, name); }

}  // namespace mnemo::promql
