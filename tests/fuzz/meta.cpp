// SPDX-License-Identifier: Apache-2.0
#include "fuzz/targets.hpp"

#include <mnemo/block_meta.hpp>

namespace mnemo::fuzz {

/// What was read of a meta.json is written and read again without change.
void run_meta(std::span<const uint8_t> data) {
  auto meta = BlockMeta::parse({reinterpret_cast<const char*>(data.data()), data.size()});
  if (!meta.ok()) return;
  auto written = meta->to_json();
  auto again = BlockMeta::parse(written);
  require(again.ok());
  require(again->to_json() == written);
}

}  // namespace mnemo::fuzz
