// SPDX-License-Identifier: Apache-2.0
#include "store/aggregates.hpp"

#include "chunkenc/aggregate.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

struct AggregatePlace {
  Aggregate aggregate;
  AggregatePart part;
  std::optional<Chunk> AggregateChunk::*place;
};

constexpr AggregatePlace kPlaces[] = {
    {Aggregate::kCount, AggregatePart::kCount, &AggregateChunk::count},
    {Aggregate::kSum, AggregatePart::kSum, &AggregateChunk::sum},
    {Aggregate::kMin, AggregatePart::kMin, &AggregateChunk::min},
    {Aggregate::kMax, AggregatePart::kMax, &AggregateChunk::max},
    {Aggregate::kCounter, AggregatePart::kCounter, &AggregateChunk::counter},
};

}  // namespace

Status place_chunk(Chunk chunk, std::span<const Aggregate> aggregates, AggregateChunk& out) {
  out.min_time = chunk.min_time;
  out.max_time = chunk.max_time;
  if (chunk.encoding != ChunkEncoding::kAggregate) {
    out.raw = std::move(chunk);
    return {};
  }
  MNEMO_TRY(auto parts, split_aggregate(chunk));
  for (const auto& place : kPlaces) {
    bool wanted =
        std::find(aggregates.begin(), aggregates.end(), place.aggregate) != aggregates.end();
    if (wanted) out.*place.place = parts[place.part];
  }
  return {};
}

}  // namespace mnemo
