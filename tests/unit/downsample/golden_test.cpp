// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"
#include "downsample/downsample.hpp"
#include "downsample/windows.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/block/block_files.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

const Ulid kMade = Ulid::make(100, {});

std::string content(const std::filesystem::path& path) {
  auto text = read_file(path, 1 << 30);
  REQUIRE_MESSAGE(text.ok(), text.status().to_string());
  return *text;
}

/// Downsamples, and compares with the block that Thanos made: index, chunks and meta.json.
void check_downsampling(const std::filesystem::path& source, int64_t resolution,
                        const std::filesystem::path& wanted) {
  TempDir dir;
  auto meta = downsample::downsample_block(source, resolution, kMade, dir.path());
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  auto made = dir.path() / kMade.to_string();
  CHECK(content(made / "chunks/000001") == content(wanted / "chunks/000001"));
  CHECK(content(made / "index") == content(wanted / "index"));
  auto expected = tsdb::read_meta(wanted);
  REQUIRE(expected.ok());
  expected->ulid = kMade;
  CHECK_EQ(content(made / "meta.json"), expected->to_json());
}

std::filesystem::path block_of(const std::filesystem::path& golden, const std::string& folder,
                               const std::string& role) {
  auto blocks = golden_blocks(golden, role);
  REQUIRE_EQ(blocks.size(), 1);
  return golden / folder / blocks[0];
}

}  // namespace

TEST_CASE("downsample: raw blocks become Thanos' 5m blocks byte for byte") {
  auto golden = golden_dir();
  if (!golden) return;
  for (std::string replica : {"a", "b"}) {
    CAPTURE(replica);
    check_downsampling(block_of(*golden, "compacted", "compacted_" + replica),
                       downsample::kFiveMinutes,
                       block_of(*golden, "downsampled-5m", "downsampled_5m_" + replica));
  }
}

TEST_CASE("downsample: 5m blocks become Thanos' 1h blocks byte for byte") {
  auto golden = golden_dir();
  if (!golden) return;
  for (std::string replica : {"a", "b"}) {
    CAPTURE(replica);
    check_downsampling(block_of(*golden, "downsampled-5m", "downsampled_5m_" + replica),
                       downsample::kOneHour,
                       block_of(*golden, "downsampled-1h", "downsampled_1h_" + replica));
  }
}
