// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"
#include "tsdb/block/directory_writer.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/status.hpp>

#include <filesystem>

namespace mnemo::tsdb {

struct RewriteOptions {
  OutputOptions output;
  /// Told of the series.
  Progress progress;
};

/// Reads every chunk of the block in `source` and writes a new block with the same series, chunks
/// and symbols to `folder`, its chunks as they are, its tombstones too. The new block has the
/// ULID `ulid` and names the old one as its parent; the rest of its meta.json is the old one's.
/// Errors: DataLoss (names block, file and offset), those of BlockDirectoryWriter.
Result<BlockMeta> rewrite_block(const std::filesystem::path& source, const Ulid& ulid,
                                const std::filesystem::path& folder,
                                const RewriteOptions& options = {});

}  // namespace mnemo::tsdb
