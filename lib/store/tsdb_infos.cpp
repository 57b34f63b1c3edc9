// SPDX-License-Identifier: Apache-2.0
#include "store/tsdb_infos.hpp"

#include <algorithm>

namespace mnemo {

void describe_blocks(std::vector<TsdbInfo> blocks, StoreInfo& info) {
  std::sort(blocks.begin(), blocks.end(), [](const TsdbInfo& a, const TsdbInfo& b) {
    auto order = a.labels <=> b.labels;
    return order == 0 ? a.range.min < b.range.min : order < 0;
  });
  info.range = {kMaxTime, kMinTime};
  for (auto& block : blocks) {
    info.range.min = std::min(info.range.min, block.range.min);
    info.range.max = std::max(info.range.max, block.range.max);
    auto* last = info.tsdb_infos.empty() ? nullptr : &info.tsdb_infos.back();
    if (last && last->labels == block.labels && block.range.min <= last->range.max) {
      last->range.max = std::max(last->range.max, block.range.max);
      continue;
    }
    bool new_labels = !last || last->labels != block.labels;
    if (new_labels && !block.labels.empty()) info.label_sets.push_back(block.labels);
    info.tsdb_infos.push_back(std::move(block));
  }
}

}  // namespace mnemo
