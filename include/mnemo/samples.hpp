// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mnemo {

/// Samples of one series in columns, in order of time: `times[i]` (milliseconds since the epoch)
/// has the value `values[i]`, or, where `histograms` is not empty and `histograms[i]` is set, that
/// histogram (`values[i]` is then its sum: a stale marker is seen in `values` either way).
///
/// `histograms` is empty (no histogram at all) or as long as `times`; `start_times` likewise (0: no
/// start timestamp). Histograms are shared and immutable: copying a column copies no buckets.
struct SampleColumn {
  std::vector<int64_t> times;
  std::vector<double> values;
  std::vector<std::shared_ptr<const FloatHistogram>> histograms;
  std::vector<int64_t> start_times;

  size_t size() const { return times.size(); }
  bool empty() const { return times.empty(); }
  bool has_histograms() const { return !histograms.empty(); }
  const FloatHistogram* histogram(size_t i) const {
    return histograms.empty() ? nullptr : histograms[i].get();
  }

  void clear();
  void append(int64_t time, double value);
  void append(int64_t time, std::shared_ptr<const FloatHistogram> histogram);
  /// Appends sample `i` of `other`.
  void append_from(const SampleColumn& other, size_t i);
};

}  // namespace mnemo
