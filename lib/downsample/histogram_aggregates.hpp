// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/aggregate.hpp"

#include <mnemo/chunk.hpp>
#include <mnemo/histogram.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace mnemo::downsample {

/// Aggregates raw histograms to a chunk with count, sum and counter as Thanos does: at the coarsest
/// schema among them, sums as gauges. Where an aggregate can't go on in one chunk (a wider zero
/// bucket, other custom bounds) a further chunk begins; Thanos loses what came before there.
/// The chunks are appended to `out`.
/// REQUIRES: no sum is NaN, times rise, either all or none have custom buckets.
Status aggregate_histograms(std::span<const int64_t> times,
                            std::span<const std::shared_ptr<const FloatHistogram>> histograms,
                            int64_t resolution, std::vector<Chunk>& out);

/// Aggregates the aggregate chunks of consecutive stretches of a series at a coarser resolution,
/// to one chunk or, as above, several. Errors: DataLoss (a part that isn't well-formed).
Status aggregate_histogram_parts(std::span<const AggregateParts> chunks, int64_t resolution,
                                 std::vector<Chunk>& out);

}  // namespace mnemo::downsample
