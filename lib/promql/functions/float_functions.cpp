// SPDX-License-Identifier: Apache-2.0
#include "promql/functions/elementwise.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace mnemo::promql {
namespace {

constexpr double kPi = 3.14159265358979323846;

template <double (*kFunction)(double)>
void each(std::span<double> values) {
  for (double& value : values) value = kFunction(value);
}

double absolute(double v) { return std::fabs(v); }
double ceiling(double v) { return std::ceil(v); }
double floored(double v) { return std::floor(v); }
double exponential(double v) { return std::exp(v); }
double square_root(double v) { return std::sqrt(v); }
double ln(double v) { return std::log(v); }
double log_2(double v) { return std::log2(v); }
double log_10(double v) { return std::log10(v); }
double sine(double v) { return std::sin(v); }
double cosine(double v) { return std::cos(v); }
double tangent(double v) { return std::tan(v); }
double arc_sine(double v) { return std::asin(v); }
double arc_cosine(double v) { return std::acos(v); }
double arc_tangent(double v) { return std::atan(v); }
double sine_h(double v) { return std::sinh(v); }
double cosine_h(double v) { return std::cosh(v); }
double tangent_h(double v) { return std::tanh(v); }
double area_sine(double v) { return std::asinh(v); }
double area_cosine(double v) { return std::acosh(v); }
double area_tangent(double v) { return std::atanh(v); }
double radians(double v) { return v * kPi / 180; }
double degrees(double v) { return v * 180 / kPi; }
double sign(double v) { return v < 0 ? -1 : v > 0 ? 1 : v; }

struct Named {
  std::string_view name;
  FloatFunction function;
};

constexpr Named kFunctions[] = {
    {"abs", each<absolute>},      {"ceil", each<ceiling>},       {"floor", each<floored>},
    {"exp", each<exponential>},   {"sqrt", each<square_root>},   {"ln", each<ln>},
    {"log2", each<log_2>},        {"log10", each<log_10>},       {"sin", each<sine>},
    {"cos", each<cosine>},        {"tan", each<tangent>},        {"asin", each<arc_sine>},
    {"acos", each<arc_cosine>},   {"atan", each<arc_tangent>},   {"sinh", each<sine_h>},
    {"cosh", each<cosine_h>},     {"tanh", each<tangent_h>},     {"asinh", each<area_sine>},
    {"acosh", each<area_cosine>}, {"atanh", each<area_tangent>}, {"rad", each<radians>},
    {"deg", each<degrees>},       {"sgn", each<sign>},
};

}  // namespace

FloatFunction find_float_function(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                   [&](const Named& f) { return f.name == name; });
  return found == std::end(kFunctions) ? nullptr : found->function;
}

}  // namespace mnemo::promql
