// SPDX-License-Identifier: Apache-2.0
#include "tsdb/verify/verify.hpp"

#include "base/crc32c.hpp"
#include "base/file.hpp"
#include "base/varint.hpp"
#include "chunkenc/aggregate.hpp"
#include "chunkenc/xor_encode.hpp"
#include "support/golden.hpp"
#include "support/index_v1.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/block/block_files.hpp"
#include "tsdb/block/directory_writer.hpp"
#include "tsdb/dump/dump.hpp"
#include "tsdb/verify/chunk_check.hpp"

#include <mnemo/block_writer.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <ostream>

using namespace mnemo;
using namespace mnemo::testing;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  auto text = read_file(path, 1 << 30);
  REQUIRE_MESSAGE(text.ok(), text.status().to_string());
  return *text;
}

void write(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

uint32_t crc_of(std::string_view text) {
  return crc32c({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// Puts the right checksum after `size` bytes at `start`.
void mend_crc(std::string& file, size_t start, size_t size) {
  std::string crc;
  append_be32(crc, crc_of(std::string_view(file).substr(start, size)));
  file.replace(start + size, 4, crc);
}

/// Texts that a failed comparison shows.
struct Lines : std::vector<std::string> {
  using std::vector<std::string>::vector;
  friend std::ostream& operator<<(std::ostream& out, const Lines& lines) {
    for (const auto& line : lines) out << "\n    " << line;
    return out;
  }
};

/// The block's faults, one a line, without the block's name.
Lines faults_of(const fs::path& block) {
  Lines lines;
  auto report = tsdb::verify_block(block, [&](const tsdb::Fault& fault) {
    CHECK_EQ(fault.block, block.filename().string());
    lines.push_back(fault.to_string().substr(6 + fault.block.size() + 2));
  });
  REQUIRE(report.ok());
  CHECK_EQ(report->faults, lines.size());
  return lines;
}

/// A block of {a="x"} and {a="y", b="z"}, each with the samples 0 to 199 (two chunks).
struct SmallBlock {
  TempDir dir;
  fs::path path;
  std::string index;
  tsdb::IndexToc toc;

  SmallBlock() {
    BlockWriter writer({dir.path(), Ulid::make(1, {})});
    for (int time = 0; time < 200; ++time) {
      REQUIRE(writer.append({{"a", "x"}}, time, time).ok());
      REQUIRE(writer.append({{"a", "y"}, {"b", "z"}}, time, time).ok());
    }
    REQUIRE(writer.finish().ok());
    path = dir.path() / Ulid::make(1, {}).to_string();
    index = content(path / "index");
    auto opened = tsdb::IndexReader::open(Bytes::copy_of(index));
    REQUIRE(opened.ok());
    toc = opened->toc();
    postings = *opened->postings_table().find("a", "x");
    all_postings = opened->postings_table().all_series()->offset;
    refs = *opened->postings({}, {});
  }
  tsdb::PostingsEntry postings;  // of a="x"
  uint64_t all_postings = 0;
  tsdb::Postings refs;

  size_t series(size_t number) const { return refs[number] * 16; }

  /// Changes the index by `change` and gives the faults.
  Lines with_index(const std::function<void(std::string&)>& change) {
    auto bad = index;
    change(bad);
    write(path / "index", bad);
    auto faults = faults_of(path);
    write(path / "index", index);
    return faults;
  }

  /// Changes a text in meta.json.
  Lines with_meta(const std::string& from, const std::string& to) {
    auto meta = content(path / "meta.json");
    auto bad = meta;
    bad.replace(bad.find(from), from.size(), to);
    write(path / "meta.json", bad);
    auto faults = faults_of(path);
    write(path / "meta.json", meta);
    return faults;
  }
};

std::string hex(uint64_t number) {
  std::string digits;
  do digits.insert(digits.begin(), "0123456789abcdef"[number % 16]);
  while ((number /= 16) != 0);
  return "0x" + digits;
}

Chunk xor_chunk(const std::vector<int64_t>& times) {
  XorEncoder encoder;
  for (int64_t time : times) encoder.append(time, 1);
  return {times.front(), times.back(), ChunkEncoding::kXor, Bytes::own(encoder.take())};
}

/// What is wrong with a chunk.
Lines complaints(const Chunk& chunk) {
  Lines lines;
  SampleColumn scratch;
  tsdb::check_chunk(chunk, scratch, [&](std::string reason) { lines.push_back(reason); });
  return lines;
}

/// An aggregate chunk from 100 to 200 with these times in its parts (empty: absent).
Chunk aggregate(const std::vector<std::vector<int64_t>>& times) {
  AggregateParts parts;
  for (size_t i = 0; i < times.size(); ++i) {
    if (!times[i].empty()) parts.parts[i] = xor_chunk(times[i]);
  }
  return {100, 200, ChunkEncoding::kAggregate, Bytes::own(join_aggregate(parts))};
}

}  // namespace

TEST_CASE("verify: golden blocks of every kind are sound, with an index of either version") {
  auto golden = golden_dir();
  if (!golden) return;
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(*golden)) {
    if (entry.path().filename() != "index" || !entry.is_regular_file()) continue;
    auto block = entry.path().parent_path();
    INFO(block.string());
    CHECK_EQ(faults_of(block), Lines{});
    if (++count % 4 != 0) continue;
    TempDir dir;
    CHECK_EQ(faults_of(copy_with_index_v1(block, dir.path())), Lines{});
  }
  CHECK_GT(count, 15);
}

TEST_CASE("verify: what was read is counted") {
  SmallBlock block;
  auto report = tsdb::verify_block(block.path, {});
  REQUIRE(report.ok());
  CHECK_EQ(report->faults, 0);
  CHECK_EQ(report->series, 2);
  CHECK_EQ(report->chunks, 4);
  CHECK_EQ(report->samples, 400);
  CHECK_EQ(tsdb::verify_block(block.path / "absent", {}).status().code(), Code::kNotFound);
}

TEST_CASE("verify: meta.json that contradicts the block") {
  SmallBlock block;
  CHECK_EQ(block.with_meta("\"numSamples\": 400", "\"numSamples\": 401"),
           Lines{"meta.json: stats.numSamples: 401, there are 400"});
  CHECK_EQ(block.with_meta("\"numFloatSamples\": 400", "\"numHistogramSamples\": 400"),
           Lines{"meta.json: stats.numFloatSamples: 0, there are 400",
                 "meta.json: stats.numHistogramSamples: 400, there are 0"});
  CHECK_EQ(block.with_meta("\"numSeries\": 2", "\"numSeries\": 3"),
           Lines{"meta.json: stats.numSeries: 3, there are 2"});
  CHECK_EQ(block.with_meta("\"numChunks\": 4", "\"numChunks\": 4, \"numTombstones\": 7"),
           Lines{"meta.json: stats.numTombstones: 7, there are 0"});
  auto entry = "index: series entry at offset " + hex(block.series(0));
  auto second = "index: series entry at offset " + hex(block.series(1));
  CHECK_EQ(
      block.with_meta("\"maxTime\": 200", "\"maxTime\": 199"),
      Lines{entry + ": chunk 1 from 120 to 199 reaches out of the block's range: series {a=\"x\"}",
            second + ": chunk 1 from 120 to 199 reaches out of the block's range: series "
                     "{a=\"y\", b=\"z\"}"});
  auto other = Ulid::make(5, {}).to_string();
  CHECK_EQ(block.with_meta(Ulid::make(1, {}).to_string(), other),
           Lines{"meta.json: ulid: " + other + " isn't the folder's name"});
  auto broken = block.with_meta("{", "");
  REQUIRE_EQ(broken.size(), 1);
  CHECK(broken[0].starts_with("meta.json: malformed JSON at offset"));
  CHECK_EQ(faults_of(block.path), Lines{});
}

TEST_CASE("verify: checksums of the index") {
  SmallBlock block;
  auto flip = [&](size_t offset) {
    return block.with_index([&](std::string& index) { index[offset] ^= 4; });
  };
  CHECK_EQ(flip(block.index.size() - 30), Lines{"index: table of contents at offset " +
                                                hex(block.index.size() - 52) + ": CRC mismatch"});
  // The series are checked all the same, but for their labels.
  CHECK_EQ(flip(block.toc.symbols + 10), Lines{"index: symbol table at offset 0x5: CRC mismatch"});
  CHECK_EQ(flip(block.toc.postings_offset_table + 12),
           Lines{"index: postings offset table at offset " + hex(block.toc.postings_offset_table) +
                 ": CRC mismatch"});
  CHECK_EQ(flip(block.postings.offset + 11),
           Lines{"index: postings of \"a\"=\"x\": postings at offset " +
                 hex(block.postings.offset) + ": CRC mismatch"});
  // Of two series one is left: that the other isn't there shows in several places.
  CHECK_EQ(flip(block.series(0) + 3),
           Lines{"index: series entry at offset " + hex(block.series(0)) + ": CRC mismatch",
                 "index: postings of all series at offset " + hex(block.all_postings) +
                     ": no series at offset " + hex(block.series(0)),
                 "index: postings of \"a\"=\"x\" at offset " + hex(block.postings.offset) +
                     ": no series at offset " + hex(block.series(0)),
                 "meta.json: stats.numSeries: 2, there are 1",
                 "meta.json: stats.numChunks: 4, there are 2",
                 "meta.json: stats.numSamples: 400, there are 200",
                 "meta.json: stats.numFloatSamples: 400, there are 200"});
}

TEST_CASE("verify: postings that aren't those of the series, checksums right") {
  SmallBlock block;
  auto at = "index: postings of \"a\"=\"x\" at offset " + hex(block.postings.offset);
  auto with_ref = [&](uint32_t ref) {
    return block.with_index([&](std::string& index) {
      std::string text;
      append_be32(text, ref);
      index.replace(block.postings.offset + 8, 4, text);
      mend_crc(index, block.postings.offset + 4, 8);
    });
  };
  auto lacks = at + ": lacks the series at offset " + hex(block.series(0)) + ": series {a=\"x\"}";
  CHECK_EQ(with_ref(block.refs[1]), Lines{at + ": the series at offset " + hex(block.series(1)) +
                                              " has no such label: series {a=\"y\", b=\"z\"}",
                                          lacks});
  CHECK_EQ(with_ref(1000), Lines{at + ": no series at offset " + hex(16000), lacks});
  auto all = "index: postings of all series at offset " + hex(block.all_postings);
  auto other = block.refs[1] + 5;
  CHECK_EQ(block.with_index([&](std::string& index) {
    index[block.all_postings + 15] = static_cast<char>(other);
    mend_crc(index, block.all_postings + 4, 12);
  }),
           Lines{all + ": no series at offset " + hex(other * 16),
                 all + ": lacks the series at offset " + hex(block.series(1)) +
                     ": series {a=\"y\", b=\"z\"}"});
}

TEST_CASE("verify: symbols out of order, checksum right") {
  SmallBlock block;
  auto faults = block.with_index([&](std::string& index) {
    // The count, then each with its length: "a" "b" "x" "y" "z".
    REQUIRE_EQ(index.substr(block.toc.symbols + 8, 4), "\1a\1b");
    std::swap(index[block.toc.symbols + 9], index[block.toc.symbols + 11]);
    mend_crc(index, block.toc.symbols + 4, 14);
  });
  REQUIRE_GE(faults.size(), 1);
  CHECK_EQ(faults[0], "index: symbol table at offset 0x5: symbol 1 out of order");
}

TEST_CASE("verify: a series entry that lies, checksum right") {
  SmallBlock block;
  auto entry = "index: series entry at offset " + hex(block.series(0));
  std::string chunk = "chunks/000001: chunk at offset 0x8";
  // 1 label (0 and 2), 2 chunks: from 0, 119 long, at 8; 1 on, 79 long, so many bytes on.
  auto with_byte = [&](size_t at, char from, char to) {
    return block.with_index([&](std::string& index) {
      auto start = block.series(0);
      REQUIRE_EQ(index[start + 1 + at], from);
      index[start + 1 + at] = to;
      mend_crc(index, start + 1, static_cast<size_t>(index[start]));
    });
  };
  CHECK_EQ(
      with_byte(5, 119, 118),
      Lines{chunk + ": its samples are from 0 to 119, in the index from 0 to 118: series {a=\"x\"}",
            "chunks/000001: chunk at offset 0xaf: its samples are from 120 to 199, in the index "
            "from 119 to 198: series {a=\"x\"}"});
  CHECK_EQ(with_byte(6, 8, 9)[0].substr(0, 36), "chunks/000001: chunk at offset 0x9: ");
  auto unknown = with_byte(1, 0, 9);
  REQUIRE_EQ(unknown.size(), 1);
  CHECK_EQ(unknown[0], entry + ": a symbol that isn't in the table");
  auto overlapping = with_byte(7, 1, 0);
  REQUIRE_EQ(overlapping.size(), 2);
  CHECK_EQ(overlapping[0],
           entry + ": chunk 1 begins at 119, the one before ends at 119: series {a=\"x\"}");
  auto unsorted = with_byte(2, 2, 4);
  CHECK_EQ(unsorted[0], "index: series entry at offset " + hex(block.series(1)) +
                            ": doesn't sort after the series before it: series {a=\"y\", b=\"z\"}");
}

TEST_CASE("verify: chunks that are damaged, and segments that are cut or missing") {
  SmallBlock block;
  auto segment = block.path / "chunks/000001";
  auto good = content(segment);
  auto with = [&](const std::string& bad) {
    write(segment, bad);
    auto faults = faults_of(block.path);
    write(segment, good);
    return faults;
  };
  auto flipped = good;
  flipped[20] ^= 1;
  auto faults = with(flipped);
  REQUIRE_GE(faults.size(), 1);
  CHECK_EQ(faults[0], "chunks/000001: chunk at offset 0x8: CRC mismatch: series {a=\"x\"}");
  faults = with(good.substr(0, 100));
  REQUIRE_EQ(faults.size(), 6);  // four chunks, two statistics
  CHECK_EQ(
      faults[0],
      "chunks/000001: chunk at offset 0x8: its 160 bytes reach past the end: series {a=\"x\"}");
  CHECK_EQ(faults[3].substr(0, 28), "chunks/000001: chunk at offs");
  auto magic = good;
  magic[0] ^= 1;
  CHECK_EQ(with(magic)[0], "chunks/000001: header at offset 0x0: bad magic number 0x84bd40dd");
  fs::rename(segment, block.path / "chunks/000002");
  CHECK_EQ(faults_of(block.path)[0], "chunks/000001: the segment is missing");
  fs::remove_all(block.path / "chunks");
  CHECK(faults_of(block.path)[0].starts_with("chunks: open "));
}

TEST_CASE("verify: tombstones of a series that isn't there, or damaged") {
  SmallBlock block;
  tsdb::Tombstones tombstones;
  tombstones.add(block.refs[0], {1, 2});
  tombstones.add(77, {1, 2});
  write(block.path / "tombstones", tombstones.encode());
  CHECK_EQ(faults_of(block.path),
           Lines{"tombstones: deletes from series 77, which isn't in the index",
                 "meta.json: stats.numTombstones: 0, there are 2"});
  write(block.path / "tombstones", tombstones.encode().substr(0, 12));
  CHECK_EQ(faults_of(block.path), Lines{"tombstones: tombstones at offset 0x5: CRC mismatch"});
}

TEST_CASE("verify: samples out of order within a chunk") {
  CHECK_EQ(complaints(xor_chunk({1, 2, 3})), Lines{});
  CHECK_EQ(complaints(xor_chunk({1, 3, 2, 4})), Lines{"samples out of order: 3 is followed by 2"});
  CHECK_EQ(complaints(xor_chunk({1, 2, 2})), Lines{"samples out of order: 2 is followed by 2"});
  auto chunk = xor_chunk({1, 2, 3});
  chunk.max_time = 4;
  CHECK_EQ(complaints(chunk), Lines{"its samples are from 1 to 3, in the index from 1 to 4"});
  chunk.data = Bytes::copy_of(std::string("\0\0", 2));
  CHECK_EQ(complaints(chunk), Lines{"holds no sample"});
  chunk.encoding = static_cast<ChunkEncoding>(9);
  CHECK_EQ(complaints(chunk).size(), 1);
}

TEST_CASE("verify: the parts of an aggregate chunk") {
  std::vector<int64_t> windows{100, 150, 200};
  std::vector<int64_t> counter{60, 100, 150, 200, 200};
  CHECK_EQ(complaints(aggregate({windows, windows, windows, windows, counter})), Lines{});
  CHECK_EQ(complaints(aggregate({windows, windows, {}, {}, {60, 200, 200}})), Lines{});
  CHECK_EQ(complaints(aggregate({{}, windows, windows, windows, counter})), Lines{"has no counts"});
  CHECK_EQ(complaints(aggregate({windows, {100, 200}, windows, windows, counter})),
           Lines{"its sum: its times are not those of the counts"});
  CHECK_EQ(complaints(aggregate({{100, 150}, {}, {}, {}, {}})),
           Lines{"its count: its samples are from 100 to 150, in the index from 100 to 200"});
  CHECK_EQ(complaints(aggregate({windows, {}, {}, {}, {60, 201}})),
           Lines{"its counter ends at 201, it ends at 200"});
  CHECK_EQ(complaints(aggregate({windows, {}, {}, {}, {60, 200, 100}})),
           Lines{"its counter is out of order"});
  auto cut = aggregate({windows, {}, {}, {}, {}});
  cut.data = cut.data.slice(0, 5);
  CHECK_EQ(complaints(cut), Lines{"aggregate chunk: a part reaches past byte 5"});
}

TEST_CASE("verify: files that meta.json lists") {
  SmallBlock block;
  auto listed = [&](const std::string& files) {
    return block.with_meta("\"version\": 1",
                           "\"version\": 1, \"thanos\": {\"version\": 1, " + files + "}");
  };
  auto size = std::to_string(block.index.size());
  CHECK_EQ(listed("\"segment_files\": [\"000001\"], \"files\": [{\"rel_path\": \"meta.json\"}, "
                  "{\"rel_path\": \"index\", \"size_bytes\": " +
                  size + "}]"),
           Lines{});
  CHECK_EQ(listed("\"segment_files\": [\"000002\"], \"files\": [{\"rel_path\": \"index\", "
                  "\"size_bytes\": 7}]"),
           Lines{"index: has " + size + " bytes, in meta.json 7",
                 "chunks/000002: is listed in meta.json, and isn't there"});
}

TEST_CASE("verify: the most faults are told, the others counted") {
  SmallBlock block;
  fs::remove_all(block.path / "tombstones");
  write(block.path / "chunks/000001", content(block.path / "chunks/000001").substr(0, 9));
  int told = 0;
  tsdb::VerifyOptions options;
  options.most_faults = 3;
  auto report = tsdb::verify_block(
      block.path, [&](const tsdb::Fault&) { ++told; }, options);
  REQUIRE(report.ok());
  CHECK_EQ(told, 3);
  CHECK_EQ(report->faults, 6);
}

TEST_CASE("verify: each byte of index and chunks flipped is told, and each length cut") {
  SmallBlock block;
  auto read_all = [&]() -> Result<std::string> {
    std::string text;
    MNEMO_TRY(auto opened, Block::open(block.path));
    MNEMO_RETURN_IF_ERROR(tsdb::dump_ndjson({opened}, {}, [&](std::string_view piece) {
      text += piece;
      return Status();
    }));
    return text;
  };
  auto original = read_all();
  REQUIRE(original.ok());
  for (const char* file : {"index", "chunks/000001"}) {
    auto good = content(block.path / file);
    size_t told = 0;
    for (size_t at = 0; at < good.size(); ++at) {
      INFO(file << ", byte " << at);
      auto bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
      write(block.path / file, bad);
      bool is_sound = faults_of(block.path).empty();
      told += is_sound ? 0 : 1;
      auto now = read_all();
      if (is_sound) CHECK((now.ok() && *now == *original));
    }
    CHECK_GT(told, good.size() * 9 / 10);
    for (size_t size = 0; size < good.size(); ++size) {
      INFO(file << ", cut to " << size);
      write(block.path / file, good.substr(0, size));
      CHECK_FALSE(faults_of(block.path).empty());
    }
    write(block.path / file, good);
  }
}
