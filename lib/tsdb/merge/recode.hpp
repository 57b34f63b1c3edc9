// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/merge/overlaps.hpp"

#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <span>
#include <vector>

namespace mnemo::tsdb {

/// Appends a chunk to `out`, encoded anew without the samples that lie in the sorted, disjoint
/// `deleted`; nothing where none is left. Errors: those of `decode_chunk`.
Status append_without(const Chunk& chunk, std::span<const TimeRange> deleted,
                      std::vector<Chunk>& out);

/// An OverlapMerger that keeps all samples in order of time, of those with equal times one, as
/// Prometheus' compaction does. Errors: those of `decode_chunk`; Unimplemented (aggregate chunks).
Status chain_overlaps(std::span<const Chunk> overlapping, std::vector<Chunk>& merged);

/// An OverlapMerger for chunks that must not contradict each other: all samples in order of time,
/// each once. Errors: those of `decode_chunk`; InvalidArgument (different values at one time).
Status unite_overlaps(std::span<const Chunk> overlapping, std::vector<Chunk>& merged);

}  // namespace mnemo::tsdb
