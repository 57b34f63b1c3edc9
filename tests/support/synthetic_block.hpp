// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>

#include "base/file.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>

namespace mnemo::testing {

inline void write_or_throw(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  if (auto status = write_file_atomically(path, content); !status.ok()) {
    throw std::runtime_error(status.to_string());
  }
}

/// A ULID whose time is `number` milliseconds and whose randomness is zero.
inline Ulid ulid_of(int64_t number) { return Ulid::make(number, {}); }

/// The meta.json of a raw block of two hours, the `number`-th since the epoch.
inline BlockMeta synthetic_meta(int64_t number) {
  BlockMeta meta;
  meta.ulid = ulid_of(number);
  meta.min_time = number * 7200000;
  meta.max_time = (number + 1) * 7200000;
  meta.stats.num_samples = 10;
  meta.compaction.level = 1;
  meta.compaction.sources = {meta.ulid};
  return meta;
}

/// Writes a block with two chunk segments and an index, whose content is text that names the block,
/// to `data_dir`/<ULID>.
inline void write_synthetic_block(const std::filesystem::path& data_dir, const BlockMeta& meta) {
  auto name = meta.ulid.to_string();
  auto dir = data_dir / name;
  write_or_throw(dir / "chunks/000001", "first segment of " + name);
  write_or_throw(dir / "chunks/000002", "second of " + name);
  write_or_throw(dir / "index", "index of " + name);
  write_or_throw(dir / "meta.json", meta.to_json());
}

}  // namespace mnemo::testing
