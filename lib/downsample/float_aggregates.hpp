// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/aggregate.hpp"

#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <optional>
#include <span>

namespace mnemo::downsample {

/// Aggregates raw floats to one chunk of all five aggregates. The counter's first and last sample
/// are the raw ones, so that a reset between two chunks is seen: the last one repeats its time.
/// REQUIRES: at least one sample, no NaN, times rise.
Chunk aggregate_floats(std::span<const int64_t> times, std::span<const double> values,
                       int64_t resolution);

/// Aggregates the aggregate chunks of consecutive stretches of a series to one at a coarser
/// resolution; nothing where they are empty. Errors: DataLoss (a part that isn't well-formed).
Result<std::optional<Chunk>> aggregate_float_parts(std::span<const AggregateParts> chunks,
                                                   int64_t resolution);

}  // namespace mnemo::downsample
