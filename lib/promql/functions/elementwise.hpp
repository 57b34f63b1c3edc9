// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

#include <span>
#include <string_view>

namespace mnemo::promql {

/// A function of one float, applied to a whole column at once.
using FloatFunction = void (*)(std::span<double> values);

/// abs, ceil, floor, exp, sqrt, logarithms, trigonometry, deg, rad, sgn; or null.
FloatFunction find_float_function(std::string_view name);

/// day_of_month, hour and the like, of seconds since the epoch; or null.
FloatFunction find_date_function(std::string_view name);

/// A number that is read off a histogram.
using HistogramFunction = double (*)(const FloatHistogram& histogram);

/// histogram_count, histogram_sum, histogram_avg, histogram_stddev, histogram_stdvar; or null.
HistogramFunction find_histogram_function(std::string_view name);

}  // namespace mnemo::promql
