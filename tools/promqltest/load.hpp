// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "script.hpp"

#include "promql/memory_queryable.hpp"

namespace mnemo::promqltest {

/// Appends what a `load` command describes. Counter reset hints of histograms become those that
/// Prometheus' head gives when it reads them back.
Status apply_load(const LoadCommand& load, MemoryQueryable& storage);

/// The classic histograms among `series` as native ones with custom buckets, one line a histogram.
/// Times are those of `interval_ms`. Errors: InvalidArgument, counts that are not cumulative.
Result<std::vector<SeriesLine>> with_custom_buckets(const std::vector<SeriesLine>& series);

}  // namespace mnemo::promqltest
