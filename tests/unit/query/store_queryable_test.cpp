// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/xor_encode.hpp"
#include "query/aggregates.hpp"
#include "query/overlap.hpp"
#include "query/store_queryable.hpp"
#include "support/fake_store.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

using Samples = std::vector<std::pair<int64_t, double>>;

Chunk xor_chunk(const Samples& samples) {
  XorEncoder encoder;
  for (auto [time, value] : samples) encoder.append(time, value);
  return {samples.front().first, samples.back().first, ChunkEncoding::kXor,
          Bytes::own(encoder.take())};
}

AggregateChunk spanning(int64_t min_time, int64_t max_time) {
  AggregateChunk chunk;
  chunk.min_time = min_time;
  chunk.max_time = max_time;
  return chunk;
}

AggregateChunk raw(const Samples& samples) {
  AggregateChunk chunk = spanning(samples.front().first, samples.back().first);
  chunk.raw = xor_chunk(samples);
  return chunk;
}

StoreQueryOptions deduplicating() {
  StoreQueryOptions options;
  options.replica_labels = {"replica"};
  return options;
}

StoreQueryOptions plain() {
  StoreQueryOptions options;
  options.deduplicate = false;
  return options;
}

/// What a selection under `function` gives, series by series.
std::vector<std::pair<std::string, Samples>> selected(std::vector<Series> series,
                                                      StoreQueryOptions options,
                                                      std::string function = "") {
  StoreQueryable queryable(std::make_shared<FakeStore>(std::move(series)), std::move(options));
  Selection selection;
  selection.range = {0, 1'000'000};
  selection.func = std::move(function);
  auto stream = queryable.select(Context(), selection);
  REQUIRE(stream.ok());
  std::vector<std::pair<std::string, Samples>> result;
  SelectedSeries each;
  for (;;) {
    auto more = (*stream)->next(each);
    REQUIRE(more.ok());
    if (!*more) return result;
    SampleColumn column;
    auto status = each.samples->read(selection.range, column);
    REQUIRE_MESSAGE(status.ok(), status.to_string());
    Samples samples;
    for (size_t i = 0; i < column.size(); ++i) {
      samples.emplace_back(column.times[i], column.values[i]);
    }
    result.emplace_back(each.labels.to_string(), samples);
  }
}

Samples only_samples(std::vector<AggregateChunk> chunks, StoreQueryOptions options,
                     std::string function = "") {
  auto result =
      selected({{Labels{{"a", "b"}}, std::move(chunks)}}, std::move(options), std::move(function));
  REQUIRE_EQ(result.size(), 1);
  return result[0].second;
}

const Samples kReplicaA = {{10000, 1}, {20000, 2}, {30000, 0}, {40000, 1}};
const Samples kReplicaB = {{10000, 1}, {20000, 2}, {30000, 0}, {40000, 1}, {70000, 2}};

}  // namespace

TEST_CASE("query: parts of a series are joined, and copies of a chunk read once") {
  auto result = selected({{Labels{{"a", "1"}}, {raw({{10, 1}}), raw({{20, 2}})}},
                          {Labels{{"a", "1"}}, {raw({{20, 2}}), raw({{30, 3}})}},
                          {Labels{{"a", "2"}}, {raw({{10, 7}})}}},
                         plain());
  REQUIRE_EQ(result.size(), 2);
  CHECK_EQ(result[0].first, "{a=\"1\"}");
  CHECK_EQ(result[0].second, Samples{{10, 1}, {20, 2}, {30, 3}});
  CHECK_EQ(result[1].second, Samples{{10, 7}});
}

TEST_CASE("query: overlapping chunks are chained without deduplication, chosen from with it") {
  std::vector<AggregateChunk> chunks = {raw({{10000, 1}, {20000, 1}, {30000, 1}}),
                                        raw({{10100, 2}, {20100, 2}, {30100, 2}})};
  CHECK_EQ(only_samples(chunks, plain()),
           Samples{{10000, 1}, {10100, 2}, {20000, 1}, {20100, 2}, {30000, 1}, {30100, 2}});
  CHECK_EQ(only_samples(chunks, deduplicating()), Samples{{10000, 1}, {20000, 1}, {30000, 1}});
}

TEST_CASE("query: raw counters keep their resets unless replicas are deduplicated") {
  CHECK_EQ(only_samples({raw(kReplicaA)}, plain(), "rate"), kReplicaA);
  CHECK_EQ(only_samples({raw(kReplicaA)}, deduplicating(), "rate"), kReplicaA);
  CHECK_EQ(only_samples({raw(kReplicaA), raw(kReplicaB)}, deduplicating(), "rate"),
           Samples{{10000, 1}, {20000, 2}, {30000, 2}, {40000, 3}, {70000, 4}});
  CHECK_EQ(only_samples({raw(kReplicaA), raw(kReplicaB)}, deduplicating(), "resets"), kReplicaB);
}

TEST_CASE("query: downsampled chunks give the aggregate that the function needs") {
  AggregateChunk chunk = spanning(300, 600);
  chunk.set(Aggregate::kCount, xor_chunk({{300, 2}, {600, 4}}));
  chunk.set(Aggregate::kSum, xor_chunk({{300, 10}, {600, 10}}));
  chunk.set(Aggregate::kMax, xor_chunk({{300, 9}, {600, 8}}));
  chunk.set(Aggregate::kCounter, xor_chunk({{300, 5}, {600, 50}, {600, 3}}));
  AggregateChunk next = spanning(700, 900);
  next.set(Aggregate::kCounter, xor_chunk({{700, 4}, {900, 6}, {900, 6}}));
  CHECK_EQ(only_samples({chunk}, plain()), Samples{{300, 5}, {600, 2.5}});
  CHECK_EQ(only_samples({chunk}, plain(), "max_over_time"), Samples{{300, 9}, {600, 8}});
  CHECK_EQ(only_samples({chunk, next}, plain(), "increase"),
           Samples{{300, 5}, {600, 50}, {700, 51}, {900, 53}});
}

TEST_CASE("query: a range that is read in pieces gives the deduplicated samples of the whole") {
  StoreQueryable queryable(std::make_shared<FakeStore>(
                               std::vector<Series>{{Labels{{"a", "b"}},
                                                    {raw({{10000, 1}, {20000, 1}, {30000, 1}}),
                                                     raw({{10100, 2}, {20100, 2}, {30100, 2}})}}}),
                           deduplicating());
  Selection selection;
  selection.range = {0, 100'000};
  auto stream = queryable.select(Context(), selection);
  REQUIRE(stream.ok());
  SelectedSeries series;
  REQUIRE((*stream)->next(series).ok());
  SampleColumn column;
  REQUIRE(series.samples->read({20050, 40000}, column).ok());
  CHECK_EQ(column.times, std::vector<int64_t>{30000});
}

TEST_CASE("query: a chunk that can't be read is named") {
  AggregateChunk broken = spanning(5, 9);
  broken.raw = Chunk{5, 9, ChunkEncoding::kXor, Bytes::copy_of("x")};
  StoreQueryable queryable(
      std::make_shared<FakeStore>(std::vector<Series>{{Labels{{"a", "b"}}, {broken}}}), plain());
  Selection selection;
  auto stream = queryable.select(Context(), selection);
  SelectedSeries series;
  REQUIRE((*stream)->next(series).ok());
  SampleColumn column;
  auto status = series.samples->read(selection.range, column);
  CHECK_EQ(status.code(), Code::kDataLoss);
  CHECK_EQ(status.message().substr(0, 19), "chunk from 5 to 9: ");
}

TEST_CASE("query: aggregates and resolution follow the function around a selector") {
  CHECK_EQ(aggregates_for("min_over_time"), std::vector{Aggregate::kMin});
  CHECK_EQ(aggregates_for("count"), std::vector{Aggregate::kCount});
  CHECK_EQ(aggregates_for("sum"), std::vector{Aggregate::kCount, Aggregate::kSum});
  CHECK_EQ(aggregates_for("sum_over_time"), std::vector{Aggregate::kSum});
  CHECK_EQ(aggregates_for("irate"), std::vector{Aggregate::kCounter});
  Selection selection;
  selection.func = "rate";
  selection.range_ms = 600'000;
  CHECK_EQ(coarsest_resolution_for(selection, 3'600'000), 300'000);
  selection.func = "max_over_time";
  CHECK_EQ(coarsest_resolution_for(selection, 3'600'000), 3'600'000);
}

// Thanos' own case (pkg/dedup/iter_test.go, four replicas), as data.
TEST_CASE("query: overlapping chunks are spread over the lanes that Thanos gives them") {
  auto lanes = split_overlapping({spanning(0, 20), spanning(0, 30), spanning(1, 15),
                                  spanning(2, 36), spanning(16, 200), spanning(21, 50),
                                  spanning(31, 60), spanning(100, 160)});
  std::vector<std::vector<int64_t>> starts;
  for (const auto& lane : lanes) {
    starts.emplace_back();
    for (const auto& chunk : lane) starts.back().push_back(chunk.min_time);
  }
  CHECK_EQ(starts, std::vector<std::vector<int64_t>>{{0, 21, 100}, {0, 31}, {1, 16}, {2}});
}
