// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include <vector>

namespace mnemo {

/// Fills range, label sets and tsdb_infos of `info` from its blocks, one TsdbInfo each: touching
/// and overlapping blocks of the same labels become one. Without blocks the range is empty.
void describe_blocks(std::vector<TsdbInfo> blocks, StoreInfo& info);

}  // namespace mnemo
