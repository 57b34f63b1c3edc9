// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include <vector>

namespace mnemo {

/// Whether `a` comes before `b` in a series: by first, then last time, then by content (in Thanos'
/// order of contents, so that merged answers compare byte by byte).
bool chunk_before(const AggregateChunk& a, const AggregateChunk& b);

/// Sorts the chunks of one series and leaves out copies of the same chunk.
void sort_and_deduplicate(std::vector<AggregateChunk>& chunks);

}  // namespace mnemo
