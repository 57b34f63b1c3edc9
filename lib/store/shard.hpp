// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>
#include <mnemo/store.hpp>

#include <optional>
#include <string>

namespace mnemo {

/// Whether a series belongs to the shard that a request asks for; hashes as Thanos does, so that
/// shards of one query may be answered by either.
///
/// Thread-compatible.
class ShardMatcher {
 public:
  explicit ShardMatcher(const std::optional<ShardInfo>& info);

  bool matches(const Labels& labels);

 private:
  std::optional<ShardInfo> info_;
  std::string buffer_;
};

}  // namespace mnemo
