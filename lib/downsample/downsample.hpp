// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"
#include "tsdb/block/directory_writer.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/status.hpp>
#include <mnemo/ulid.hpp>

#include <cstdint>
#include <filesystem>

namespace mnemo::downsample {

struct DownsampleOptions {
  tsdb::OutputOptions output;
  Progress progress;  // in series
};

/// Makes a block of aggregates of the one in `source`, raw or of a finer resolution: the same
/// series, at `resolution` (milliseconds; kFiveMinutes or kOneHour in the bucket of a cluster),
/// with the chunks that Thanos would make. Deleted samples of raw blocks are left out. The new
/// block is `folder`/<ulid>; where nothing is left there is none, and the statistics in the result
/// say so. Memory: that of IndexWriter, and the samples of one series. Errors: InvalidArgument (the
/// block's resolution isn't finer; deletions in a downsampled block), DataLoss (names block, file
/// and offset, or the series), those of BlockDirectoryWriter.
Result<BlockMeta> downsample_block(const std::filesystem::path& source, int64_t resolution,
                                   const Ulid& ulid, const std::filesystem::path& folder,
                                   const DownsampleOptions& options = {});

}  // namespace mnemo::downsample
