// SPDX-License-Identifier: Apache-2.0
//
// Damages every byte of a small block, one at a time, and cuts each file at every length: the
// content stays what it was, or an error names the block, the file and the offset.
#include "base/file.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/dump/dump.hpp"

#include <mnemo/block.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

using namespace mnemo;
using namespace mnemo::testing;
namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& path) {
  auto content = read_file(path, 1 << 30);
  REQUIRE(content);
  return *content;
}

void write(const fs::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// The block's whole content as text, or why it can't be read.
Result<std::string> read_everything(const fs::path& directory) {
  std::string text;
  MNEMO_TRY(auto block, Block::open(directory));
  MNEMO_RETURN_IF_ERROR(block->label_names({}).status());
  MNEMO_RETURN_IF_ERROR(tsdb::dump_ndjson({block}, {}, [&](std::string_view piece) {
    text += piece;
    return Status();
  }));
  return text;
}

/// A block that Prometheus' own tool made of a few lines; nothing where the tool is absent.
std::optional<fs::path> make_block(const fs::path& folder) {
  if (std::system("command -v promtool > /dev/null") != 0) {
    MESSAGE("skipped: no promtool on this machine");
    return std::nullopt;
  }
  std::string text;
  for (const char* series : {"up{job=\"a\"}", "up{job=\"b\"}", "load"}) {
    for (int i = 0; i < 20; ++i) {
      text +=
          series + (" " + std::to_string(i * i) + " " + std::to_string(1780272000 + i * 15)) + "\n";
    }
  }
  write(folder / "in.txt", text + "# EOF\n");
  auto command = "promtool tsdb create-blocks-from openmetrics '" + (folder / "in.txt").string() +
                 "' '" + (folder / "out").string() + "' > /dev/null 2>&1";
  REQUIRE_EQ(std::system(command.c_str()), 0);
  for (const auto& entry : fs::directory_iterator(folder / "out")) {
    if (entry.is_directory()) return entry.path();
  }
  return std::nullopt;
}

/// Either nothing has changed, or the error tells where.
void check_damage(const fs::path& block, const std::string& file, const std::string& original) {
  auto now = read_everything(block);
  if (now.ok()) {
    CHECK_EQ(*now, original);
    return;
  }
  const auto& message = now.status().message();
  INFO(now.status().to_string());
  CHECK_NE(message.find(block.filename().string()), std::string::npos);
  CHECK_NE(message.find(file), std::string::npos);
  CHECK_NE(message.find("offset"), std::string::npos);
}

void damage_file(const fs::path& block, const std::string& file, size_t step) {
  auto path = block / file;
  auto good = content_of(path);
  auto original = read_everything(block);
  REQUIRE_MESSAGE(original.ok(), original.status().to_string());
  size_t told = 0;
  for (size_t at = 0; at < good.size(); at += step) {
    INFO(file << ", byte " << at);
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    write(path, bad);
    check_damage(block, file, *original);
    told += read_everything(block).ok() ? 0 : 1;
  }
  CHECK_GT(told, 0);
  for (size_t size = 0; size < good.size(); size += step) {
    INFO(file << ", cut to " << size);
    write(path, good.substr(0, size));
    auto cut = read_everything(block);
    CHECK_FALSE(cut.ok());
    check_damage(block, file, *original);
  }
  write(path, good);
}

}  // namespace

TEST_CASE("damage: each byte of index and chunks flipped, each length cut") {
  TempDir folder;
  auto block = make_block(folder.path());
  if (!block) return;
  damage_file(*block, "index", 1);
  damage_file(*block, "chunks/000001", 1);
}

TEST_CASE("damage: in a block with histograms") {
  auto golden = golden_dir();
  if (!golden) return;
  TempDir folder;
  auto ulid = golden_blocks(*golden, "raw_a")[0];
  auto block = folder.path() / ulid;
  fs::copy(*golden / "raw" / ulid, block, fs::copy_options::recursive);
  for (const auto& entry : fs::recursive_directory_iterator(block)) {
    fs::permissions(entry.path(), fs::perms::owner_all);
  }
  damage_file(block, "index", 499);
  damage_file(block, "chunks/000001", 1999);
}

TEST_CASE("damage: meta.json is told by name, and missing files too") {
  TempDir folder;
  auto block = make_block(folder.path());
  if (!block) return;
  auto meta = content_of(*block / "meta.json");
  for (size_t size = 0; size < meta.size(); ++size) {
    write(*block / "meta.json", meta.substr(0, size));
    auto opened = Block::open(*block);
    REQUIRE_FALSE(opened.ok());
    CHECK_NE(opened.status().message().find("meta.json: malformed JSON at offset"),
             std::string::npos);
  }
  for (size_t at = 0; at < meta.size(); ++at) {
    auto bad = meta;
    bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
    write(*block / "meta.json", bad);
    auto opened = Block::open(*block);
    if (!opened.ok()) CHECK_NE(opened.status().message().find("meta.json"), std::string::npos);
  }
  write(*block / "meta.json", meta);
  fs::rename(*block / "chunks/000001", *block / "chunks/000002");
  auto status = read_everything(*block).status();
  CHECK_EQ(status.code(), Code::kDataLoss);
  CHECK_EQ(status.message(), "block " + block->filename().string() +
                                 ": chunks/000001: chunk at offset 0x8: the segment is missing");
  fs::remove(*block / "index");
  CHECK_EQ(Block::open(*block).status().code(), Code::kNotFound);
}

TEST_CASE("damage: a block stays readable when its folder is deleted") {
  TempDir folder;
  auto path = make_block(folder.path());
  if (!path) return;
  auto expected = read_everything(*path);
  auto block = Block::open(*path);
  REQUIRE(block);
  fs::remove_all(*path);
  std::string text;
  CHECK(tsdb::dump_ndjson({*block}, {}, [&](std::string_view piece) {
          text += piece;
          return Status();
        }).ok());
  CHECK_EQ(text, *expected);
}
