// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

#include <string>

namespace mnemo {

/// As Prometheus prints it: `{count:3, sum:5, (1,2]:3}`.
std::string to_string(const FloatHistogram& histogram);

}  // namespace mnemo
