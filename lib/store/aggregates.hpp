// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include <span>

namespace mnemo {

/// Puts a chunk into an answer: a raw one whole, of an aggregate one the parts for `aggregates`
/// that it has. Errors: DataLoss (a malformed aggregate chunk).
Status place_chunk(Chunk chunk, std::span<const Aggregate> aggregates, AggregateChunk& out);

}  // namespace mnemo
