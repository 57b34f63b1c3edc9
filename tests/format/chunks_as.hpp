// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/samples.hpp"

#include <mnemo/block.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace mnemo::testing {

/// What the chunks of one encoding are like.
struct ChunkCounts {
  size_t chunks = 0;
  size_t recoded = 0;      // written again, as a sample brought new buckets
  size_t headers[4] = {};  // by what they say of counter resets
};

struct Comparison {
  std::map<ChunkEncoding, ChunkCounts> counts;
  std::vector<std::string> differences;
};

/// Encodes the samples that a block was made from, cut to chunks where the block has cut them, and
/// compares the bytes. Errors: those of reading; NotFound (the block has a series or samples that
/// `input` lacks); InvalidArgument (a chunk that our encoder would have cut).
Result<Comparison> compare_chunks(const Block& block, const std::vector<InputSeries>& input);

}  // namespace mnemo::testing
