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
};

constexpr AggregatePlace kPlaces[] = {
    {Aggregate::kCount, AggregatePart::kCount},     {Aggregate::kSum, AggregatePart::kSum},
    {Aggregate::kMin, AggregatePart::kMin},         {Aggregate::kMax, AggregatePart::kMax},
    {Aggregate::kCounter, AggregatePart::kCounter},
};

auto place_of(auto& aggregates, Aggregate aggregate) {
  return std::lower_bound(aggregates.begin(), aggregates.end(), aggregate,
                          [](const std::pair<Aggregate, Chunk>& part, Aggregate wanted) {
                            return part.first < wanted;
                          });
}

}  // namespace

const Chunk* AggregateChunk::get(Aggregate aggregate) const {
  if (aggregate == Aggregate::kRaw) return raw ? &*raw : nullptr;
  auto place = place_of(aggregates, aggregate);
  return place != aggregates.end() && place->first == aggregate ? &place->second : nullptr;
}

void AggregateChunk::set(Aggregate aggregate, Chunk chunk) {
  if (aggregate == Aggregate::kRaw) {
    raw = std::move(chunk);
    return;
  }
  auto place = place_of(aggregates, aggregate);
  if (place != aggregates.end() && place->first == aggregate) {
    place->second = std::move(chunk);
  } else {
    aggregates.emplace(place, aggregate, std::move(chunk));
  }
}

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
    if (wanted && parts[place.part]) out.set(place.aggregate, *parts[place.part]);
  }
  return {};
}

}  // namespace mnemo
