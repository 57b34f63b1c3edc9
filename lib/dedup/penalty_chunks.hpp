// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <span>
#include <vector>

namespace mnemo {

/// Makes chunks that don't overlap of chunks of replicas that do, by the penalty algorithm (see
/// penalty.hpp; without correction of counters), as Thanos' compactor does; for merging blocks.
/// `overlapping` is in the order in which the chunks begin; the result is appended to `merged`.
/// As in Thanos, samples of another kind than the first chunk's (floats, histograms, float
/// histograms) are lost.
/// Errors: those of `decode_chunk`; Unimplemented (aggregate chunks).
Status deduplicate_chunks_by_penalty(std::span<const Chunk> overlapping,
                                     std::vector<Chunk>& merged);

}  // namespace mnemo
