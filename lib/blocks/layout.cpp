// SPDX-License-Identifier: Apache-2.0
#include "blocks/layout.hpp"

namespace mnemo {

std::optional<Ulid> block_of_folder(std::string_view name) {
  auto block = Ulid::parse(name);
  if (!block.ok() || block->to_string() != name) return {};
  return *block;
}

std::string block_object(const Ulid& block, std::string_view file) {
  return block.to_string() + "/" + std::string(file);
}

WallClock clock_or_system(WallClock clock) {
  if (clock) return clock;
  return [] { return std::chrono::system_clock::now(); };
}

}  // namespace mnemo
