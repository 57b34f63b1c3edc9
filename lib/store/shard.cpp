// SPDX-License-Identifier: Apache-2.0
#include "store/shard.hpp"

#include <xxhash.h>

#include <algorithm>

namespace mnemo {

ShardMatcher::ShardMatcher(const std::optional<ShardInfo>& info) {
  if (info && info->total_shards >= 1) info_ = info;
}

bool ShardMatcher::matches(const Labels& labels) {
  if (!info_) return true;
  constexpr char kSeparator = '\xff';
  buffer_.clear();
  for (const auto& label : labels) {
    bool listed =
        std::find(info_->labels.begin(), info_->labels.end(), label.name) != info_->labels.end();
    if (listed != info_->by) continue;
    buffer_ += label.name;
    buffer_ += kSeparator;
    buffer_ += label.value;
    buffer_ += kSeparator;
  }
  auto hash = XXH64(buffer_.data(), buffer_.size(), 0);
  return hash % static_cast<uint64_t>(info_->total_shards) ==
         static_cast<uint64_t>(info_->shard_index);
}

}  // namespace mnemo
