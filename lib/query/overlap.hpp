// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include <vector>

namespace mnemo {

/// Distributes chunks over lanes in which none overlaps the one before it, each chunk into the
/// first lane that has room for it, as Thanos does: once replica labels are gone, the lanes stand
/// for the replicas. REQUIRES: `chunks` in order of min_time.
std::vector<std::vector<AggregateChunk>> split_overlapping(std::vector<AggregateChunk> chunks);

}  // namespace mnemo
