// SPDX-License-Identifier: Apache-2.0
#include "support/index_v1.hpp"

#include "base/crc32c.hpp"
#include "base/file.hpp"
#include "base/varint.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/block/rewrite.hpp"
#include "tsdb/dump/dump.hpp"
#include "tsdb/index/reader.hpp"
#include "tsdb/merge/merge.hpp"
#include "tsdb/merge/recode.hpp"

#include <mnemo/block_writer.hpp>

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  auto text = read_file(path, 1 << 30);
  REQUIRE_MESSAGE(text.ok(), text.status().to_string());
  return *text;
}

Result<std::string> dumped(const fs::path& directory) {
  std::string text;
  MNEMO_TRY(auto block, Block::open(directory));
  MNEMO_RETURN_IF_ERROR(tsdb::dump_ndjson({block}, {}, [&](std::string_view piece) {
    text += piece;
    return Status();
  }));
  return text;
}

std::string dump(const fs::path& directory) {
  auto text = dumped(directory);
  REQUIRE_MESSAGE(text.ok(), text.status().to_string());
  return *text;
}

/// A block of 200 series, with more symbols than are between two samples of a table.
fs::path write_block(const fs::path& folder, int64_t number, int64_t start) {
  BlockWriter writer({folder, Ulid::make(number, {})});
  for (int i = 0; i < 200; ++i) {
    auto value = std::to_string(i * number);
    for (int64_t time = start; time < start + 500; time += 100) {
      REQUIRE(
          writer.append({{"__name__", "up"}, {"i", value}, {"j", i % 2 ? "odd" : "even"}}, time, i)
              .ok());
    }
  }
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  return folder / meta->ulid.to_string();
}

/// What both blocks say about labels must be the same.
void check_same_labels(const fs::path& a, const fs::path& b) {
  auto first = Block::open(a);
  auto second = Block::open(b);
  REQUIRE(first.ok());
  REQUIRE_MESSAGE(second.ok(), second.status().to_string());
  auto names = *(*first)->label_names({});
  CHECK_EQ(*(*second)->label_names({}), names);
  for (const auto& name : names) {
    auto values = *(*first)->label_values(name, {});
    CHECK_EQ(*(*second)->label_values(name, {}), values);
    for (const auto& value : values) {
      std::vector<Matcher> matchers{Matcher::equal(name, value)};
      CHECK_EQ(*(*second)->label_names(matchers), *(*first)->label_names(matchers));
      CHECK_EQ(*(*second)->label_values("__name__", matchers),
               *(*first)->label_values("__name__", matchers));
      CHECK_EQ((*(*second)->select(matchers, {1, 0}))->size(),
               (*(*first)->select(matchers, {1, 0}))->size());
    }
  }
}

/// One series {a="b"} with one chunk, put together by hand: 'a' begins at 13, 'b' at 15, the series
/// at 21, the list of all series at 36, that of the pair at 52, and the table is out of order.
std::string index_by_hand() {
  std::string out("\xba\xaa\xd7\x00\x01", 5);
  auto section = [&](std::string text) {
    append_be32(out, static_cast<uint32_t>(text.size()));
    out += text;
    append_be32(out, crc32c({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  };
  section(std::string("\0\0\0\2\1a\1b", 8));
  std::string series("\1\x0d\x0f\1\2\0\x08", 7);
  out += '\7' + series;
  append_be32(out, crc32c({reinterpret_cast<const uint8_t*>(series.data()), series.size()}));
  out += std::string(3, '\0');
  section(std::string("\0\0\0\1\0\0\0\x15", 8));
  section(std::string("\0\0\0\1\0\0\0\x15", 8));
  section(std::string("\0\0\0\2\2\1a\1b\x34\2\0\0\x24", 14));
  std::string toc;
  for (uint64_t offset : {5, 21, 0, 0, 36, 68}) append_be64(toc, offset);
  append_be32(toc, crc32c({reinterpret_cast<const uint8_t*>(toc.data()), toc.size()}));
  return out + toc;
}

}  // namespace

TEST_CASE("index v1: an index put together by hand") {
  auto index = tsdb::IndexReader::open(Bytes::own(index_by_hand()));
  REQUIRE_MESSAGE(index.ok(), index.status().to_string());
  CHECK_EQ(*index->postings({}, {}), tsdb::Postings{21});
  CHECK_EQ(*index->postings("a", "b"), tsdb::Postings{21});
  CHECK_EQ(*index->label_values("a", {}), std::vector<std::string>{"b"});
  Labels labels;
  std::vector<ChunkMeta> chunks;
  std::vector<tsdb::SymbolPair> scratch;
  REQUIRE(index->series(21, labels, &chunks, scratch).ok());
  CHECK_EQ(labels, Labels{{"a", "b"}});
  REQUIRE_EQ(chunks.size(), 1);
  CHECK_EQ(chunks[0].min_time, 1);
  CHECK_EQ(chunks[0].max_time, 1);
  CHECK_EQ(chunks[0].ref, 8);
  CHECK_EQ(scratch[0].name, 0);
  CHECK_EQ(scratch[0].value, 1);
}

TEST_CASE("index v1: a reference into the middle of a symbol is told") {
  auto text = index_by_hand();
  text[24] = 14;  // the value's reference
  std::string_view series(text.data() + 22, 7);
  std::string crc;
  append_be32(crc, crc32c({reinterpret_cast<const uint8_t*>(series.data()), series.size()}));
  text.replace(29, 4, crc);
  auto index = tsdb::IndexReader::open(Bytes::own(text));
  REQUIRE(index.ok());
  std::vector<tsdb::SymbolPair> labels;
  CHECK_EQ(
      index->series_symbols(21, labels, nullptr).message(),
      "series entry at offset 0x15: symbol table at offset 0x5: no symbol begins at offset 0xe");
}

TEST_CASE("index v1: golden blocks hold the same with either version") {
  auto golden = golden_dir();
  if (!golden) return;
  for (const char* folder : {"raw", "compacted", "downsampled-5m", "prometheus-3.14-xor2-st"}) {
    for (const auto& source : fs::directory_iterator(*golden / folder)) {
      if (!source.is_directory()) continue;
      INFO(source.path().string());
      TempDir dir;
      auto copy = copy_with_index_v1(source.path(), dir.path());
      CHECK_EQ(content(copy / "index")[4], 1);
      CHECK_EQ(dump(copy), dump(source.path()));
      check_same_labels(source.path(), copy);
      auto ulid = Ulid::make(1, {});
      auto made = tsdb::rewrite_block(copy, ulid, dir.path());
      REQUIRE_MESSAGE(made.ok(), made.status().to_string());
      auto rewritten = dir.path() / ulid.to_string();
      CHECK_EQ(content(rewritten / "index")[4], 2);
      CHECK_EQ(dump(rewritten), dump(source.path()));
    }
  }
}

TEST_CASE("index v1: merged with a block of version 2 it makes what two of version 2 make") {
  TempDir v2;
  TempDir v1;
  auto first = write_block(v2.path(), 3, 0);
  auto second = write_block(v2.path(), 7, 200);
  auto old = copy_with_index_v1(first, v1.path());
  check_same_labels(first, old);
  tsdb::MergeOptions options;
  options.merge_overlaps = tsdb::chain_overlaps;
  auto ulid = Ulid::make(100, {});
  auto merge = [&](const fs::path& block, const fs::path& folder) {
    auto meta = tsdb::merge_blocks(std::vector{block, second}, ulid, folder, options);
    REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
    return folder / ulid.to_string();
  };
  auto wanted = merge(first, v2.path());
  auto got = merge(old, v1.path());
  CHECK(content(got / "index") == content(wanted / "index"));
  CHECK(content(got / "chunks/000001") == content(wanted / "chunks/000001"));
}

TEST_CASE("index v1: each byte flipped is told, or changes nothing") {
  TempDir v2;
  TempDir v1;
  auto block = copy_with_index_v1(write_block(v2.path(), 3, 0), v1.path());
  auto good = content(block / "index");
  auto wanted = dump(block);
  size_t told = 0;
  for (size_t at = 0; at < good.size(); at += 7) {
    INFO("byte " << at);
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    REQUIRE(write_file_atomically(block / "index", bad).ok());
    auto now = dumped(block);
    if (now.ok()) {
      CHECK(*now == wanted);
      continue;
    }
    ++told;
    CHECK_NE(now.status().message().find("index: "), std::string::npos);
    CHECK_NE(now.status().message().find("offset"), std::string::npos);
  }
  CHECK_GT(told, good.size() / 20);
}

TEST_CASE("index: a version that is not known is refused by name") {
  auto text = index_by_hand();
  text[4] = 3;
  auto status = tsdb::IndexReader::open(Bytes::own(text)).status();
  CHECK_EQ(status.code(), Code::kUnimplemented);
  CHECK_EQ(status.message(), "header at offset 0x4: index version 3 is not supported");
}
