// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"
#include "tsdb/block/directory_writer.hpp"
#include "tsdb/merge/overlaps.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/status.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mnemo::tsdb {

struct MergeOptions {
  /// External labels that tell replicas apart: the merged block doesn't have them. Without any,
  /// every external label is dropped on which the blocks don't agree.
  std::vector<std::string> replica_labels;
  /// What becomes of chunks of one series that overlap. Null: an error that names the series.
  OverlapMerger merge_overlaps;
  OutputOptions output;
  /// Told of the series of all blocks.
  Progress progress;
};

/// Merges blocks into one: the union of their series, each with the chunks of all blocks. Chunks
/// that don't overlap are copied as they are; identical ones are taken once. Deleted samples
/// are left out, and series without samples with them.
/// The new block is `folder`/<ulid>; where nothing is left there is none, and the statistics in the
/// result say so.
/// Memory: that of IndexWriter, 4 bytes a symbol and a series of each block, and the chunks of one
/// series where they are encoded anew.
/// Errors: DataLoss (names block, file and offset), InvalidArgument (no blocks, blocks that don't
/// belong together: external labels, resolution), those of BlockDirectoryWriter.
Result<BlockMeta> merge_blocks(std::span<const std::filesystem::path> blocks, const Ulid& ulid,
                               const std::filesystem::path& folder, const MergeOptions& options);

}  // namespace mnemo::tsdb
