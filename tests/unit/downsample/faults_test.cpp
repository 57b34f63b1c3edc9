// SPDX-License-Identifier: Apache-2.0
#include "downsample/downsample.hpp"
#include "downsample/windows.hpp"
#include "support/fault_check.hpp"
#include "support/temp_dir.hpp"

#include <mnemo/block_writer.hpp>

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// A raw block of a counter and a gauge, a sample a minute for four hours.
std::filesystem::path write_raw(const std::filesystem::path& folder) {
  BlockWriter writer({folder, std::nullopt});
  for (int64_t minute = 0; minute < 240; ++minute) {
    auto value = static_cast<double>(minute);
    REQUIRE(writer.append({{"__name__", "requests"}}, minute * 60'000, value).ok());
    REQUIRE(writer.append({{"__name__", "temperature"}}, minute * 60'000, value * -value).ok());
  }
  auto meta = writer.finish();
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  return folder / meta->ulid.to_string();
}

WriteBlock downsampling_of(const std::filesystem::path& source, int64_t resolution) {
  return [source, resolution](const BlockOutput& output) {
    downsample::DownsampleOptions options;
    options.output.files = output.files;
    return downsample::downsample_block(source, resolution, output.ulid, output.folder, options);
  };
}

void check_all_faults(const WriteBlock& write) {
  check_errors_at_every_change(write);
  check_kills_at_every_change(write);
  check_full_disk(write);
}

}  // namespace

TEST_CASE("downsample: a fault at any change leaves no block or a complete one") {
  TempDir dir;
  auto raw = write_raw(dir.path());
  check_all_faults(downsampling_of(raw, downsample::kFiveMinutes));
  auto five =
      downsample::downsample_block(raw, downsample::kFiveMinutes, Ulid::make(5, {}), dir.path());
  REQUIRE_MESSAGE(five.ok(), five.status().to_string());
  auto aggregated = dir.path() / five->ulid.to_string();
  check_all_faults(downsampling_of(aggregated, downsample::kOneHour));
}
