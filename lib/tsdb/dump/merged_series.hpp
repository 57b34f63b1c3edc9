// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/dump/dump.hpp"

#include <mnemo/block.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::tsdb {

/// A series of one of several blocks.
struct SeriesOfBlock {
  const Block* block = nullptr;
  BlockSeries series;
};

/// "block 01G...: chunks/000001: chunk at offset 0x1f3a", for errors.
std::string describe_chunk(const Block& block, const ChunkMeta& meta);

/// The selected series of several blocks, those with equal labels together, in order of labels.
/// Not thread-safe; the blocks are kept alive by the caller.
class MergedSeries {
 public:
  static Result<MergedSeries> open(const Blocks& blocks, const DumpOptions& options);

  /// Replaces `group` by the next series' parts, one a block at most, in the order of the blocks;
  /// false at the end.
  Result<bool> next(std::vector<SeriesOfBlock>& group);

  /// How many series of blocks were selected, those without chunks in the range included, and how
  /// many of them `next` has passed.
  uint64_t size() const { return size_; }
  uint64_t passed() const { return passed_; }

 private:
  struct Cursor {
    SeriesOfBlock current;
    std::unique_ptr<BlockSelection> selection;
    bool done = false;
  };

  static Status advance(Cursor& cursor);

  std::vector<Cursor> cursors_;
  uint64_t size_ = 0;
  uint64_t passed_ = 0;
};

}  // namespace mnemo::tsdb
