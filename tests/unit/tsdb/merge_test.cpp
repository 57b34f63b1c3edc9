// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"
#include "chunkenc/xor_encode.hpp"
#include "dedup/penalty_chunks.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/block/block_files.hpp"
#include "tsdb/merge/merge.hpp"
#include "tsdb/merge/recode.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

const Ulid kMerged = Ulid::make(100, {});

std::string content(const std::filesystem::path& path) {
  auto text = read_file(path, 1 << 30);
  REQUIRE_MESSAGE(text.ok(), text.status().to_string());
  return *text;
}

/// The folders of the blocks of some roles.
std::vector<std::filesystem::path> blocks_of(const std::filesystem::path& golden,
                                             const std::string& folder,
                                             const std::vector<std::string>& roles) {
  std::vector<std::filesystem::path> result;
  for (const auto& role : roles) {
    for (const auto& block : golden_blocks(golden, role)) result.push_back(golden / folder / block);
  }
  return result;
}

/// Merges, and compares with a golden block: every byte of index and chunks, and meta.json.
void check_merge(const std::vector<std::filesystem::path>& blocks,
                 const std::filesystem::path& wanted, const tsdb::MergeOptions& options) {
  TempDir dir;
  auto meta = tsdb::merge_blocks(blocks, kMerged, dir.path(), options);
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  auto made = dir.path() / kMerged.to_string();
  CHECK(content(made / "chunks/000001") == content(wanted / "chunks/000001"));
  CHECK(content(made / "index") == content(wanted / "index"));
  CHECK_EQ(content(made / "tombstones"), content(wanted / "tombstones"));
  auto expected = tsdb::read_meta(wanted);
  REQUIRE(expected.ok());
  expected->ulid = kMerged;
  expected->thanos->segment_files = {"000001"};
  CHECK_EQ(content(made / "meta.json"), expected->to_json());
}

using Sample = std::pair<int64_t, double>;
using SeriesSamples = std::vector<std::pair<std::string, std::vector<Sample>>>;

/// Writes a block with series {a="<name>"}, each with one chunk of its samples.
std::filesystem::path write_block(const TempDir& dir, int64_t number, const SeriesSamples& series) {
  BlockMeta meta;
  meta.ulid = Ulid::make(number, {});
  meta.min_time = 0;
  meta.max_time = 1000;
  meta.compaction = {1, {meta.ulid}, false, {}, false, {}};
  auto writer = tsdb::BlockDirectoryWriter::create(dir.path(), meta, {});
  REQUIRE(writer.ok());
  REQUIRE(writer->add_symbol("a").ok());
  for (const auto& [name, samples] : series) REQUIRE(writer->add_symbol(name).ok());
  uint32_t symbol = 0;
  for (const auto& [name, samples] : series) {
    XorEncoder encoder;
    for (const auto& [time, value] : samples) encoder.append(time, value);
    tsdb::SymbolPair label{0, ++symbol};
    Chunk chunk{samples.front().first, samples.back().first, ChunkEncoding::kXor,
                Bytes::own(encoder.take())};
    REQUIRE(writer->add_series({&label, 1}, {&chunk, 1}).ok());
  }
  REQUIRE(writer->finish().ok());
  return dir.path() / meta.ulid.to_string();
}

SeriesSamples read_block(const std::filesystem::path& path) {
  auto block = Block::open(path);
  REQUIRE_MESSAGE(block.ok(), block.status().to_string());
  auto selection = (*block)->select({}, TimeRange());
  REQUIRE(selection.ok());
  SeriesSamples result;
  BlockSeries series;
  while (*(*selection)->next(series)) {
    SampleColumn column;
    REQUIRE((*block)->read_samples(series, TimeRange(), column).ok());
    auto& samples = result.emplace_back(series.labels.get("a"), std::vector<Sample>()).second;
    for (size_t i = 0; i < column.size(); ++i) {
      samples.emplace_back(column.times[i], column.values[i]);
    }
  }
  return result;
}

SeriesSamples merged(const TempDir& dir, const std::vector<std::filesystem::path>& blocks) {
  tsdb::MergeOptions options;
  options.merge_overlaps = tsdb::chain_overlaps;
  auto meta = tsdb::merge_blocks(blocks, kMerged, dir.path(), options);
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  return read_block(dir.path() / kMerged.to_string());
}

}  // namespace

TEST_CASE("merge: six golden blocks make Prometheus' compacted block, byte for byte") {
  auto golden = golden_dir();
  if (!golden) return;
  for (const std::string replica : {"a", "b"}) {
    CAPTURE(replica);
    auto wanted = blocks_of(*golden, "compacted", {"compacted_" + replica});
    check_merge(blocks_of(*golden, "raw", {"raw_" + replica}), wanted.at(0), {});
  }
}

TEST_CASE("merge: overlapping golden blocks are chained as Prometheus does") {
  auto golden = golden_dir();
  if (!golden) return;
  tsdb::MergeOptions options;
  options.merge_overlaps = tsdb::chain_overlaps;
  auto wanted = blocks_of(*golden, "vertical-one-to-one", {"vertical_one-to-one"});
  check_merge(blocks_of(*golden, "raw", {"raw_a", "raw_b"}), wanted.at(0), options);
  options.replica_labels = {"replica"};
  check_merge(blocks_of(*golden, "raw", {"raw_a", "raw_b"}), wanted.at(0), options);
}

TEST_CASE("merge: overlapping golden blocks are deduplicated as Thanos does") {
  auto golden = golden_dir();
  if (!golden) return;
  tsdb::MergeOptions options;
  options.replica_labels = {"replica"};
  options.merge_overlaps = deduplicate_chunks_by_penalty;
  auto wanted = blocks_of(*golden, "vertical-penalty", {"vertical_penalty"});
  check_merge(blocks_of(*golden, "raw", {"raw_a", "raw_b"}), wanted.at(0), options);
}

TEST_CASE("merge: other external labels than the replica labels must agree") {
  auto golden = golden_dir();
  if (!golden) return;
  TempDir dir;
  tsdb::MergeOptions options;
  options.replica_labels = {"cluster"};
  auto blocks = blocks_of(*golden, "raw", {"raw_a", "raw_b"});
  auto meta = tsdb::merge_blocks(blocks, kMerged, dir.path(), options);
  CHECK_EQ(meta.status().code(), Code::kInvalidArgument);
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("merge: series of all blocks, samples of equal times once") {
  TempDir dir;
  auto first = write_block(dir, 1, {{"x", {{10, 1}, {20, 2}, {30, 3}}}, {"z", {{10, 7}}}});
  auto second = write_block(dir, 2, {{"x", {{20, 2}, {25, 2.5}}}, {"y", {{500, 5}}}});
  SeriesSamples wanted = {
      {"x", {{10, 1}, {20, 2}, {25, 2.5}, {30, 3}}}, {"y", {{500, 5}}}, {"z", {{10, 7}}}};
  CHECK(merged(dir, {first, second}) == wanted);
}

TEST_CASE("merge: deleted samples go, and series with them") {
  TempDir dir;
  auto first = write_block(dir, 1, {{"x", {{10, 1}, {20, 2}, {30, 3}}}, {"z", {{10, 7}}}});
  auto files = tsdb::BlockFiles::open(first);
  REQUIRE(files.ok());
  auto refs = files->index.postings({}, {});
  REQUIRE(refs.ok());
  tsdb::Tombstones tombstones;
  tombstones.add(refs->at(0), {15, 25});
  tombstones.add(refs->at(1), {0, 100});
  REQUIRE(write_file_atomically(first / "tombstones", tombstones.encode()).ok());
  CHECK(merged(dir, {first}) == SeriesSamples{{"x", {{10, 1}, {30, 3}}}});
}

TEST_CASE("merge: a damaged chunk is an error that names block, file and offset") {
  TempDir dir;
  auto first = write_block(dir, 1, {{"x", {{10, 1}, {20, 2}}}, {"z", {{10, 7}}}});
  auto segment = content(first / "chunks/000001");
  segment.back() = static_cast<char>(segment.back() ^ 1);
  REQUIRE(write_file_atomically(first / "chunks/000001", segment).ok());
  TempDir out;
  auto meta = tsdb::merge_blocks(std::vector{first}, kMerged, out.path(), {});
  CHECK_EQ(meta.status().code(), Code::kDataLoss);
  // It follows a header of 8 bytes and a record of 21, of which 15 are two samples.
  CHECK_EQ(meta.status().message(), "block " + Ulid::make(1, {}).to_string() +
                                        ": chunks/000001: chunk at offset 0x1d: CRC mismatch");
  CHECK(std::filesystem::is_empty(out.path()));
}

TEST_CASE("merge: progress ends with the series of all blocks") {
  TempDir dir;
  auto first = write_block(dir, 1, {{"x", {{10, 1}}}, {"z", {{10, 7}}}});
  auto second = write_block(dir, 2, {{"x", {{20, 2}}}});
  std::vector<std::pair<uint64_t, uint64_t>> told;
  tsdb::MergeOptions options;
  options.progress = [&](uint64_t done, uint64_t total) { told.emplace_back(done, total); };
  REQUIRE(tsdb::merge_blocks(std::vector{first, second}, kMerged, dir.path(), options).ok());
  CHECK(told == std::vector<std::pair<uint64_t, uint64_t>>{{2, 3}, {3, 3}});
}

TEST_CASE("merge: nothing is written where nothing is left") {
  TempDir dir;
  TempDir out;
  auto first = write_block(dir, 1, {{"x", {{2000, 1}}}});  // beyond the block's range
  auto meta = tsdb::merge_blocks(std::vector{first}, kMerged, out.path(), {});
  REQUIRE(meta.ok());
  CHECK_EQ(meta->stats.num_samples, 0);
  CHECK(std::filesystem::is_empty(out.path()));
  CHECK_EQ(tsdb::merge_blocks({}, kMerged, out.path(), {}).status().code(), Code::kInvalidArgument);
}

TEST_CASE("merge: chunks of one block that come in no order are taken in order of time") {
  auto chunk_of = [](int64_t min, int64_t max) {
    XorEncoder encoder;
    for (auto time : {min, max}) encoder.append(time, 1);
    return Chunk{min, max, ChunkEncoding::kXor, Bytes::own(encoder.take())};
  };
  std::vector<std::vector<Chunk>> sources{{chunk_of(50, 60), chunk_of(10, 20), chunk_of(15, 30)}};
  std::vector<int64_t> seen;
  tsdb::OverlapMerger merger = [&](std::span<const Chunk> overlapping, std::vector<Chunk>& merged) {
    for (const auto& chunk : overlapping) seen.push_back(chunk.min_time);
    merged = {chunk_of(10, 30)};
    return Status();
  };
  std::vector<Chunk> merged;
  REQUIRE(tsdb::merge_chunks(sources, merger, merged).ok());
  CHECK_EQ(seen, std::vector<int64_t>{10, 15});
  REQUIRE_EQ(merged.size(), 2);
  CHECK_EQ(merged[0].max_time, 30);
  CHECK_EQ(merged[1].min_time, 50);
}

TEST_CASE("merge: overlaps without a merger are an error that names the series") {
  TempDir dir;
  auto first = write_block(dir, 1, {{"x", {{10, 1}, {20, 2}}}});
  auto second = write_block(dir, 2, {{"x", {{15, 2}}}});
  auto meta = tsdb::merge_blocks(std::vector{first, second}, kMerged, dir.path(), {});
  CHECK_EQ(meta.status().code(), Code::kInvalidArgument);
  CHECK_EQ(meta.status().message(), "series {a=\"x\"}: chunks overlap from 15 on");
}
