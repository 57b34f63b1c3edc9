// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/router.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::api {

/// The blocks that a component knows at one moment.
struct BlocksInfo {
  std::vector<std::shared_ptr<const BlockMeta>> blocks;
  int64_t refreshed_at_ms = 0;  // since the epoch; 0: never
  Status error;                 // why the last look at the bucket failed
};

/// Adds `/api/v1/blocks` (Thanos' JSON) and `/blocks`, a plain page with the same. `label` is the
/// external label by which the page groups blocks; may be empty. `info` is called by requests, at
/// the same time.
void add_block_routes(HttpRouter& router, std::string label, std::function<BlocksInfo()> info);

}  // namespace mnemo::api
