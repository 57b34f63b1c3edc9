// SPDX-License-Identifier: Apache-2.0
#include "support/golden.hpp"
#include "support/temp_dir.hpp"

#include <mnemo/block.hpp>
#include <mnemo/block_writer.hpp>

#include <doctest/doctest.h>

#include <bit>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

using Sample = std::pair<int64_t, double>;

std::shared_ptr<const Block> open_block(const std::filesystem::path& folder,
                                        const BlockMeta& meta) {
  auto block = Block::open(folder / meta.ulid.to_string());
  REQUIRE_MESSAGE(block.ok(), block.status().to_string());
  return *block;
}

/// The samples of all series, by their labels as text.
std::vector<std::pair<std::string, std::vector<Sample>>> contents(const Block& block) {
  auto selection = block.select({}, TimeRange());
  REQUIRE(selection.ok());
  std::vector<std::pair<std::string, std::vector<Sample>>> result;
  BlockSeries series;
  while (*(*selection)->next(series)) {
    SampleColumn column;
    REQUIRE(block.read_samples(series, TimeRange(), column).ok());
    auto& samples = result.emplace_back(series.labels.to_string(), std::vector<Sample>()).second;
    for (size_t i = 0; i < column.size(); ++i) {
      samples.emplace_back(column.times[i], column.values[i]);
    }
  }
  return result;
}

}  // namespace

TEST_CASE("BlockWriter: any order in, sorted series and samples out") {
  TempDir dir;
  BlockWriter writer({dir.path(), Ulid::make(5, {})});
  Labels a{{"__name__", "up"}, {"job", "a"}};
  Labels b{{"__name__", "up"}, {"job", "b"}};
  for (auto [time, value] : {Sample{30, 3}, {10, 1}, {40, 4}, {20, 2}, {20, 2}, {40, 4}}) {
    REQUIRE(writer.append(b, time, value).ok());
  }
  REQUIRE(writer.append(a, 7, 0.5).ok());
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  CHECK_EQ(meta->ulid, Ulid::make(5, {}));
  CHECK_EQ(meta->min_time, 7);
  CHECK_EQ(meta->max_time, 41);
  CHECK_EQ(meta->stats.num_samples, 5);
  CHECK_EQ(meta->compaction.level, 1);
  auto found = contents(*open_block(dir.path(), *meta));
  REQUIRE_EQ(found.size(), 2);
  CHECK_EQ(found[0].first, a.to_string());
  CHECK(found[0].second == std::vector<Sample>{{7, 0.5}});
  CHECK(found[1].second == std::vector<Sample>{{10, 1}, {20, 2}, {30, 3}, {40, 4}});
}

TEST_CASE("BlockWriter: samples by number and by labels go to one series") {
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  Labels labels{{"__name__", "up"}};
  auto number = writer.number_of(labels);
  REQUIRE(number.ok());
  CHECK(*writer.number_of(labels) == *number);
  CHECK(*writer.number_of({{"__name__", "down"}}) != *number);
  CHECK(writer.number_of({}).status().code() == Code::kInvalidArgument);
  REQUIRE(writer.append(*number, 1, 10).ok());
  REQUIRE(writer.append(labels, 2, 20).ok());
  REQUIRE(writer.append(*number, 3, 30).ok());
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  auto found = contents(*open_block(dir.path(), *meta));
  REQUIRE_EQ(found.size(), 1);  // the series without samples isn't written
  CHECK(found[0].second == std::vector<Sample>{{1, 10}, {2, 20}, {3, 30}});
}

TEST_CASE("BlockWriter: what is held grows with the samples and is nothing after finish") {
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  CHECK_EQ(writer.held_bytes(), 0);
  // Values whose bits have nothing in common: 8 bytes a sample at least.
  auto value_at = [](int64_t i) { return std::bit_cast<double>(uint64_t(i) * 0x9e3779b97f4a7c15); };
  for (int64_t i = 0; i < 12'000; ++i) REQUIRE(writer.append({{"a", "b"}}, i, value_at(i)).ok());
  CHECK_GT(writer.held_bytes(), 90'000);
  CHECK_LT(writer.held_bytes(), 200'000);
  REQUIRE(writer.finish().ok());
  CHECK_EQ(writer.held_bytes(), 0);
}

TEST_CASE("BlockWriter: a thousand samples backwards") {
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  std::vector<Sample> wanted;
  for (int i = 0; i < 1000; ++i) wanted.emplace_back(i * 15, i * 0.5);
  for (auto at = wanted.rbegin(); at != wanted.rend(); ++at) {
    REQUIRE(writer.append({{"a", "b"}}, at->first, at->second).ok());
  }
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  auto found = contents(*open_block(dir.path(), *meta));
  REQUIRE_EQ(found.size(), 1);
  CHECK(found[0].second == wanted);
}

TEST_CASE("BlockWriter: series that come in changing order keep their samples") {
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  std::vector<std::pair<std::string, std::vector<Sample>>> wanted;
  std::vector<Labels> series;
  for (char name = 'a'; name <= 'z'; ++name) {
    series.push_back({{"series", std::string(1, name)}});
    wanted.emplace_back(series.back().to_string(), std::vector<Sample>());
  }
  for (int round = 0; round < 300; ++round) {
    for (size_t i = 0; i < series.size(); ++i) {
      size_t at = (i * (round / 50 * 2 + 1) + round / 100) % series.size();
      double value = round * 100 + double(at);
      REQUIRE(writer.append(series[at], round, value).ok());
      wanted[at].second.emplace_back(round, value);
    }
  }
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  auto block = open_block(dir.path(), *meta);
  CHECK(contents(*block) == wanted);
  // 300 samples make chunks of 120, 120 and 60.
  CHECK_EQ(meta->stats.num_chunks, 3 * series.size());
}

TEST_CASE("BlockWriter: a chunk ends where the kind of sample changes") {
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  Labels series{{"a", "b"}};
  for (int64_t time : {10, 20, 30}) REQUIRE(writer.append(series, time, 1).ok());
  FloatHistogram histogram;
  histogram.count = 3;
  histogram.zero_count = 3;
  for (int64_t time : {40, 50}) REQUIRE(writer.append(series, time, histogram).ok());
  REQUIRE(writer.append(series, 60, 2).ok());
  REQUIRE(writer.append(series, 70, 3, 65).ok());
  REQUIRE(writer.append(series, 15, 1.5).ok());
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  auto block = open_block(dir.path(), *meta);
  auto selection = block->select({}, TimeRange());
  REQUIRE(selection.ok());
  BlockSeries found;
  REQUIRE(*(*selection)->next(found));
  std::vector<std::pair<int64_t, int64_t>> times;
  for (const auto& chunk : found.chunks) times.emplace_back(chunk.min_time, chunk.max_time);
  CHECK(times == std::vector<std::pair<int64_t, int64_t>>{{10, 30}, {40, 50}, {60, 60}, {70, 70}});
  CHECK_EQ(meta->stats.num_samples, 8);
  CHECK_EQ(meta->stats.num_histogram_samples, 2);
}

TEST_CASE("BlockWriter: another value at the same time is an error that names the series") {
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  REQUIRE(writer.append({{"a", "b"}}, 10, 1).ok());
  REQUIRE(writer.append({{"a", "b"}}, 20, 1).ok());
  REQUIRE(writer.append({{"a", "b"}}, 10, 2).ok());
  auto meta = writer.finish();
  CHECK_EQ(meta.status().code(), Code::kInvalidArgument);
  CHECK_EQ(meta.status().message(), "series {a=\"b\"}: two samples with different values at 10");
  CHECK(std::filesystem::is_empty(dir.path()));
  // The writer is empty again.
  auto empty = writer.finish();
  REQUIRE(empty.ok());
  CHECK_EQ(empty->stats.num_samples, 0);
  CHECK(std::filesystem::is_empty(dir.path()));
  CHECK_EQ(writer.append(Labels(), 1, 1).code(), Code::kInvalidArgument);
}

TEST_CASE("BlockWriter: histograms come out as they went in") {
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  Histogram histogram;
  histogram.count = 6;
  histogram.sum = 9.5;
  histogram.positive_spans = {{0, 2}};
  histogram.positive_buckets = {2, 2};  // 2 and 4
  REQUIRE(writer.append({{"a", "int"}}, 10, histogram).ok());
  REQUIRE(writer.append({{"a", "float"}}, 10, histogram.to_float()).ok());
  histogram.positive_buckets = {2};
  CHECK_EQ(writer.append({{"a", "int"}}, 20, histogram).code(), Code::kInvalidArgument);
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  CHECK_EQ(meta->stats.num_histogram_samples, 2);
  auto block = open_block(dir.path(), *meta);
  auto selection = block->select({}, TimeRange());
  REQUIRE(selection.ok());
  BlockSeries series;
  for (auto encoding : {ChunkEncoding::kFloatHistogram, ChunkEncoding::kHistogram}) {
    REQUIRE(*(*selection)->next(series));
    CHECK(block->read_chunk(series.chunks.at(0))->encoding == encoding);
    SampleColumn column;
    REQUIRE(block->read_samples(series, TimeRange(), column).ok());
    REQUIRE_EQ(column.size(), 1);
    CHECK_EQ(column.histogram(0)->count, 6);
    CHECK_EQ(column.histogram(0)->positive_buckets, std::vector<double>{2, 4});
  }
}

TEST_CASE("BlockWriter: whole chunks are kept as they are") {
  auto golden = golden_dir();
  if (!golden) return;
  auto source = Block::open(*golden / "raw" / golden_blocks(*golden, "raw_a").at(0));
  REQUIRE(source.ok());
  TempDir dir;
  BlockWriter writer({dir.path(), std::nullopt});
  auto selection = (*source)->select({}, TimeRange());
  REQUIRE(selection.ok());
  BlockSeries series;
  while (*(*selection)->next(series)) {
    for (const auto& chunk : series.chunks) {
      REQUIRE(writer.append(series.labels, *(*source)->read_chunk(chunk)).ok());
    }
  }
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  CHECK_EQ(meta->stats.num_chunks, (*source)->meta().stats.num_chunks);
  CHECK_EQ(meta->stats.num_samples, (*source)->meta().stats.num_samples);
  for (const auto* file : {"index", "chunks/000001"}) {
    CHECK_EQ(std::filesystem::file_size(dir.path() / meta->ulid.to_string() / file),
             std::filesystem::file_size((*source)->directory() / file));
  }
}
