// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>
#include <mnemo/labels.hpp>

#include <cstdint>
#include <map>
#include <variant>
#include <vector>

namespace mnemo::testing {

struct InputSample {
  int64_t time = 0;
  std::variant<double, Histogram, FloatHistogram> value;
  int64_t start_time = 0;
};

/// Some samples of one series, in the order in which they are to be appended.
struct InputSeries {
  Labels labels;
  std::vector<InputSample> samples;
};

}  // namespace mnemo::testing
