// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <vector>

namespace mnemo {

/// Whether every Prometheus and Thanos reads chunks of this encoding: XOR, histogram, float
/// histogram. No version of the StoreAPI has numbers for others.
bool is_common_encoding(ChunkEncoding encoding);

/// Appends the samples of a chunk in one of the common encodings to `out`, as one chunk unless its
/// histograms demand more. Start timestamps are dropped. Errors: those of `decode_chunk`.
Status append_in_common_encoding(const Chunk& chunk, std::vector<Chunk>& out);

}  // namespace mnemo
