// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/column.hpp"

#include <algorithm>

namespace mnemo::promql {

bool StepColumn::any() const {
  return std::any_of(cells.begin(), cells.end(), [](Cell cell) { return cell != Cell::kAbsent; });
}

size_t StepColumn::first_present() const {
  auto found =
      std::find_if(cells.begin(), cells.end(), [](Cell cell) { return cell != Cell::kAbsent; });
  return static_cast<size_t>(found - cells.begin());
}

size_t StepColumn::present_count() const {
  return static_cast<size_t>(
      std::count_if(cells.begin(), cells.end(), [](Cell cell) { return cell != Cell::kAbsent; }));
}

size_t StepColumn::weight() const {
  if (histograms.empty()) return present_count();
  size_t total = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] == Cell::kFloat) ++total;
    if (cells[i] == Cell::kHistogram) total += histogram_weight(*histograms[i]);
  }
  return total;
}

size_t histogram_weight(const FloatHistogram& histogram) {
  constexpr size_t kFixedBytes = 168 + 8;
  constexpr size_t kSampleBytes = 16;
  size_t parts = histogram.positive_spans.size() + histogram.negative_spans.size() +
                 histogram.positive_buckets.size() + histogram.negative_buckets.size() +
                 histogram.custom_values.size();
  return (kFixedBytes + 8 * parts) / kSampleBytes;
}

}  // namespace mnemo::promql
