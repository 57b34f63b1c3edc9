// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>
#include <mnemo/time_range.hpp>

#include <cstddef>
#include <span>

namespace mnemo::tsdb {

/// Puts the samples from `first` on in order of time, each time once, where they aren't: what
/// stands in order is chained with the rest as Prometheus does with overlapping chunks.
void put_in_order(SampleColumn& samples, size_t first);

/// Removes the samples from `first` on that lie in one of the sorted, disjoint `ranges`.
void remove_ranges(SampleColumn& samples, size_t first, std::span<const TimeRange> ranges);

}  // namespace mnemo::tsdb
