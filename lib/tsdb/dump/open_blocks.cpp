// SPDX-License-Identifier: Apache-2.0
#include "tsdb/dump/dump.hpp"

#include "base/file.hpp"

#include <mnemo/ulid.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace mnemo::tsdb {

Result<Blocks> open_blocks(const std::filesystem::path& directory) {
  std::error_code error;
  Blocks blocks;
  if (std::filesystem::exists(directory / "meta.json", error)) {
    MNEMO_TRY(auto block, Block::open(directory));
    blocks.push_back(std::move(block));
    return blocks;
  }
  std::filesystem::directory_iterator at(directory, error);
  if (error) return errno_status(error.value(), "open", directory);
  for (; at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (!Ulid::parse(at->path().filename().string()).ok()) continue;
    MNEMO_TRY(auto block, Block::open(at->path()));
    blocks.push_back(std::move(block));
  }
  if (error) return errno_status(error.value(), "list", directory);
  if (blocks.empty()) return Status::not_found(directory.string() + ": holds no block");
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) {
    return std::pair(a->meta().min_time, a->meta().ulid) <
           std::pair(b->meta().min_time, b->meta().ulid);
  });
  return blocks;
}

}  // namespace mnemo::tsdb
