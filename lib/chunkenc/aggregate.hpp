// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace mnemo {

/// The sub-chunks of an aggregate chunk, in the order in which they are stored.
enum class AggregatePart : size_t { kCount = 0, kSum = 1, kMin = 2, kMax = 3, kCounter = 4 };

/// A chunk of a downsampled block, split: each part that is there is a chunk with the claimed times
/// of the whole, whose bytes share the whole's owner.
struct AggregateParts {
  std::array<std::optional<Chunk>, 5> parts;

  const std::optional<Chunk>& operator[](AggregatePart part) const {
    return parts[static_cast<size_t>(part)];
  }
};

/// The data of an aggregate chunk: the inverse of `split_aggregate`, whose times it drops.
std::string join_aggregate(const AggregateParts& parts);

/// Splits a chunk of encoding kAggregate. Errors: InvalidArgument (another encoding), DataLoss.
Result<AggregateParts> split_aggregate(const Chunk& chunk);

}  // namespace mnemo
