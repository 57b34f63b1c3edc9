// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>
#include <mnemo/store.hpp>
#include <mnemo/ulid.hpp>

#include "store/bucket/bucket_block.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mnemo {

/// A block that is in the bucket: loaded, or why not.
struct BlockSlot {
  std::shared_ptr<const BlockMeta> meta;
  std::shared_ptr<const BucketBlock> block;  // null unless loaded
  Status failure;                            // of loading it

  /// For answers: names the block and why it is not served.
  Status missing() const;
};

/// The blocks of equal external labels, by resolution.
class BlockGroup {
 public:
  explicit BlockGroup(Labels labels) : labels_(std::move(labels)) {}

  const Labels& labels() const { return labels_; }

  void add(const BlockSlot& slot);
  /// Brings the blocks in order of time. REQUIRED before `select`, after the last `add`.
  void sort();

  /// The blocks that cover `range`: of the coarsest resolution that is not above `max_resolution`,
  /// and of finer ones where that leaves gaps. `block_matchers` are over external labels and
  /// `__block_id`.
  std::vector<const BlockSlot*> select(TimeRange range, int64_t max_resolution,
                                       std::span<const Matcher> block_matchers) const;

 private:
  struct Level {
    int64_t resolution = 0;
    std::vector<BlockSlot> slots;
  };

  void select_level(size_t level, TimeRange range, std::vector<const BlockSlot*>& chosen) const;

  Labels labels_;
  std::vector<Level> levels_;  // coarsest first
};

/// Whether a block satisfies matchers over its external labels and `__block_id`.
bool matches_block(const BlockMeta& meta, std::span<const Matcher> block_matchers);

/// The blocks that a bucket store knows at one moment. Immutable once built.
struct BlockTable {
  std::map<Ulid, BlockSlot> slots;
  std::vector<BlockGroup> groups;
  /// OK, or why there may be more blocks than these.
  Status complete;

  /// Fills `groups` from `slots`.
  void build_groups();
  size_t loaded() const;
};

}  // namespace mnemo
