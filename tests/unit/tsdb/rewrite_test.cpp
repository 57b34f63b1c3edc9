// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"
#include "chunkenc/xor_encode.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/block/block_files.hpp"
#include "tsdb/block/rewrite.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

const Ulid kNewUlid = Ulid::make(1, {});

std::string content(const std::filesystem::path& path) {
  auto text = read_file(path, 1 << 30);
  REQUIRE_MESSAGE(text.ok(), text.status().to_string());
  return *text;
}

/// Every block below the golden folder whose index and chunks are whole files of Prometheus.
std::vector<std::filesystem::path> golden_block_folders(const std::filesystem::path& golden) {
  std::vector<std::filesystem::path> result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(golden)) {
    if (entry.path().filename() == "index" && entry.is_regular_file()) {
      result.push_back(entry.path().parent_path());
    }
  }
  return result;
}

Chunk xor_chunk(int64_t start, int count) {
  XorEncoder encoder;
  for (int i = 0; i < count; ++i) encoder.append(start + i * 10, i);
  return {start, start + (count - 1) * 10, ChunkEncoding::kXor, Bytes::own(encoder.take())};
}

/// A block of two series {a="b"} and {a="c"} with two chunks each.
BlockMeta write_small_block(const std::filesystem::path& folder,
                            const tsdb::OutputOptions& options = {}) {
  BlockMeta meta;
  meta.ulid = Ulid::make(7, {});
  meta.max_time = 3000;
  meta.compaction = {1, {meta.ulid}, false, {}, false, {}};
  auto writer = tsdb::BlockDirectoryWriter::create(folder, meta, options);
  REQUIRE(writer.ok());
  for (const auto* symbol : {"a", "b", "c"}) REQUIRE(writer->add_symbol(symbol).ok());
  for (uint32_t value : {1U, 2U}) {
    tsdb::SymbolPair label{0, value};
    REQUIRE(writer->add_series({&label, 1}, std::vector{xor_chunk(1000, 30), xor_chunk(2000, 30)})
                .ok());
  }
  auto written = writer->finish();
  REQUIRE_MESSAGE(written.ok(), written.status().to_string());
  return *written;
}

}  // namespace

TEST_CASE("rewrite: golden blocks come out byte for byte") {
  auto golden = golden_dir();
  if (!golden) return;
  auto folders = golden_block_folders(*golden);
  CHECK_GT(folders.size(), 15);
  for (const auto& source : folders) {
    CAPTURE(source);
    TempDir dir;
    auto meta = tsdb::rewrite_block(source, kNewUlid, dir.path());
    REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
    auto made = dir.path() / kNewUlid.to_string();
    for (const auto* file : {"index", "chunks/000001", "tombstones"}) {
      CAPTURE(file);
      if (!std::filesystem::exists(source / file)) continue;
      CHECK(content(made / file) == content(source / file));
    }
    auto old_meta = tsdb::read_meta(source);
    REQUIRE(old_meta.ok());
    CHECK_EQ(meta->stats.num_samples, old_meta->stats.num_samples);
    CHECK_EQ(meta->stats.num_series, old_meta->stats.num_series);
    CHECK_EQ(meta->stats.num_chunks, old_meta->stats.num_chunks);
    CHECK_EQ(meta->compaction.parents.at(0).ulid, old_meta->ulid);
  }
}

TEST_CASE("block writer: small segments are cut before the chunk that doesn't fit") {
  TempDir dir;
  size_t size = xor_chunk(1000, 30).data.size();
  // A header, and two chunks with the longest overhead that they could have, less a byte.
  tsdb::OutputOptions options{nullptr, 8 + 2 * (size + 10) - 1};
  auto meta = write_small_block(dir.path(), options);
  auto chunks = dir.path() / meta.ulid.to_string() / "chunks";
  // Behind the first chunk of a segment there is room again, as its overhead is smaller.
  CHECK_EQ(std::filesystem::file_size(chunks / "000001"), 8 + (size + 6));
  CHECK_EQ(std::filesystem::file_size(chunks / "000002"), 8 + 2 * (size + 6));
  CHECK_EQ(std::filesystem::file_size(chunks / "000003"), 8 + (size + 6));
  CHECK(!std::filesystem::exists(chunks / "000004"));
  options.segment_bytes = 8 + 2 * (size + 10);
  TempDir other;
  meta = write_small_block(other.path(), options);
  CHECK(std::filesystem::exists(other.path() / meta.ulid.to_string() / "chunks/000002"));
  CHECK(!std::filesystem::exists(other.path() / meta.ulid.to_string() / "chunks/000003"));
  auto read = Block::open(other.path() / meta.ulid.to_string());
  REQUIRE(read.ok());
  CHECK_EQ((*read)->meta().stats.num_samples, 120);
}

TEST_CASE("rewrite: tombstones stay with their series") {
  TempDir dir;
  auto meta = write_small_block(dir.path());
  auto source = dir.path() / meta.ulid.to_string();
  auto files = tsdb::BlockFiles::open(source);
  REQUIRE(files.ok());
  auto refs = files->index.postings({}, {});
  REQUIRE(refs.ok());
  tsdb::Tombstones tombstones;
  tombstones.add(refs->at(1), {1100, 1120});
  REQUIRE(write_file_atomically(source / "tombstones", tombstones.encode()).ok());
  auto made = tsdb::rewrite_block(source, kNewUlid, dir.path());
  REQUIRE(made.ok());
  CHECK_EQ(made->stats.num_tombstones, 1);
  auto again = tsdb::BlockFiles::open(dir.path() / kNewUlid.to_string());
  REQUIRE(again.ok());
  CHECK(again->tombstones.of(refs->at(0)).empty());
  REQUIRE_EQ(again->tombstones.of(refs->at(1)).size(), 1);
  CHECK_EQ(again->tombstones.of(refs->at(1))[0], TimeRange{1100, 1120});
}

TEST_CASE("block writer: what is out of order is refused") {
  TempDir dir;
  BlockMeta meta;
  meta.ulid = Ulid::make(7, {});
  auto writer = tsdb::BlockDirectoryWriter::create(dir.path(), meta, {});
  REQUIRE(writer.ok());
  REQUIRE(writer->add_symbol("a").ok());
  REQUIRE(writer->add_symbol("b").ok());
  CHECK_EQ(writer->add_symbol("ab").code(), Code::kInvalidArgument);
  tsdb::SymbolPair b{0, 1};
  tsdb::SymbolPair a{0, 0};
  tsdb::SymbolPair unknown{0, 2};
  CHECK_EQ(writer->add_series({&unknown, 1}, {}).code(), Code::kInvalidArgument);
  REQUIRE(writer->add_series({&b, 1}, std::vector{xor_chunk(0, 3)}).ok());
  CHECK_EQ(writer->add_series({&a, 1}, {}).code(), Code::kInvalidArgument);
  CHECK_EQ(writer->add_symbol("c").code(), Code::kInvalidArgument);
  tsdb::SymbolPair c{1, 0};
  auto overlapping = std::vector{xor_chunk(0, 3), xor_chunk(20, 3)};
  CHECK_EQ(writer->add_series({&c, 1}, overlapping).code(), Code::kInvalidArgument);
}

TEST_CASE("block writer: an abandoned or empty block leaves nothing") {
  TempDir dir;
  BlockMeta meta;
  meta.ulid = Ulid::make(7, {});
  {
    auto writer = tsdb::BlockDirectoryWriter::create(dir.path(), meta, {});
    REQUIRE(writer.ok());
    REQUIRE(writer->add_symbol("a").ok());
    CHECK(std::filesystem::exists(dir.path() / (meta.ulid.to_string() + ".tmp-for-creation")));
  }
  CHECK(std::filesystem::is_empty(dir.path()));
  {
    auto writer = tsdb::BlockDirectoryWriter::create(dir.path(), meta, {});
    REQUIRE(writer.ok());
    auto written = writer->finish();
    REQUIRE(written.ok());
    CHECK_EQ(written->stats.num_samples, 0);
  }
  CHECK(std::filesystem::is_empty(dir.path()));
}
