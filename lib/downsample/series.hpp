// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace mnemo::downsample {

/// Replaces `out` by the aggregate chunks of a series with these raw chunks, which are in order of
/// time and don't overlap; what lies in the sorted, disjoint `deleted` is left out.
/// Memory: the decoded samples of the series, in `scratch`, which is only there to be reused.
/// Errors: those of `decode_chunk`.
Status downsample_raw(std::span<const Chunk> chunks, std::span<const TimeRange> deleted,
                      int64_t resolution, SampleColumn& scratch, std::vector<Chunk>& out);

/// Replaces `out` by the aggregate chunks of a series whose chunks have a finer resolution, cut
/// only where these are cut. Chunks without aggregates, which some old blocks have, are taken for
/// raw ones. Errors: DataLoss.
Status downsample_aggregated(std::span<const Chunk> chunks, int64_t in_resolution,
                             int64_t out_resolution, std::vector<Chunk>& out);

/// What can be aggregated together.
enum class AggregateKind : uint8_t { kFloats, kHistograms, kCustomHistograms };

/// Of a chunk of samples. Errors: DataLoss (no samples of its own, or a malformed layout).
Result<AggregateKind> kind_of(const Chunk& chunk);

}  // namespace mnemo::downsample
