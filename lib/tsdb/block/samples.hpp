// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>
#include <mnemo/time_range.hpp>

#include <cstddef>
#include <span>

namespace mnemo::tsdb {

/// Sorts the samples from `first` on by time where they aren't sorted, and keeps the first of those
/// with equal times.
void put_in_order(SampleColumn& samples, size_t first);

/// Removes the samples from `first` on that lie in one of the sorted, disjoint `ranges`.
void remove_ranges(SampleColumn& samples, size_t first, std::span<const TimeRange> ranges);

}  // namespace mnemo::tsdb
