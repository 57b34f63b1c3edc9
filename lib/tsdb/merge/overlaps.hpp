// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <functional>
#include <span>
#include <vector>

namespace mnemo::tsdb {

/// Makes chunks that don't overlap, in order of time, of those that do. The first of `overlapping`
/// begins earliest; the others are in the order in which they begin.
using OverlapMerger =
    std::function<Status(std::span<const Chunk> overlapping, std::vector<Chunk>& merged)>;

/// Brings the chunks that each of several blocks has of one series together as Prometheus does when
/// it compacts: whatever overlaps, directly or by way of others, goes to `merger`; the rest is
/// taken as it is. `merged` is replaced. Errors: the merger's, InvalidArgument without one.
Status merge_chunks(std::span<const std::vector<Chunk>> sources, const OverlapMerger& merger,
                    std::vector<Chunk>& merged);

}  // namespace mnemo::tsdb
