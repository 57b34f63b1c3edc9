// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace mnemo::promql {

enum class RateKind { kRate, kIncrease, kDelta };

constexpr bool is_counter(RateKind kind) { return kind != RateKind::kDelta; }

/// Positions i where the counter falls from i to i + 1.
inline std::vector<size_t> counter_resets(const std::vector<double>& values) {
  std::vector<size_t> resets;
  for (size_t i = 0; i + 1 < values.size(); ++i) {
    if (values[i + 1] < values[i]) resets.push_back(i);
  }
  return resets;
}

}  // namespace mnemo::promql
