// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

namespace mnemo {

enum class TrimSide { kUpper, kLower };

/// Removes the observations above `bound` (kUpper) or below it (kLower). Of a bucket that the bound
/// cuts, the share that its interpolation gives stays; count and sum are estimated anew where
/// anything was removed.
void trim_buckets(FloatHistogram& histogram, double bound, TrimSide side);

}  // namespace mnemo
