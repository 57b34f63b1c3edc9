// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>

#include <cstddef>

namespace mnemo {

/// Cuts `column` to `size` samples, or makes its optional parts as long as the others.
inline void resize_column(SampleColumn& column, size_t size) {
  column.times.resize(size);
  column.values.resize(size);
  if (!column.histograms.empty()) column.histograms.resize(size);
  if (!column.start_times.empty()) column.start_times.resize(size);
}

}  // namespace mnemo
