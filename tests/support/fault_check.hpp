// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/output_files.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/status.hpp>
#include <mnemo/ulid.hpp>

#include <filesystem>
#include <functional>
#include <memory>

/// Checks what is left when the writing of a block is disturbed at any of its changes to files. The
/// block must be absent, or hold every sample that an undisturbed run writes; beside it there may
/// be garbage, which nobody takes for a block and which the next run, of another block, removes.
namespace mnemo::testing {

/// Where a block is written, and through what files are changed.
struct BlockOutput {
  std::filesystem::path folder;
  Ulid ulid;
  std::shared_ptr<OutputFiles> files;
};

/// Writes the same block whenever it is called, apart from its ULID.
using WriteBlock = std::function<Result<BlockMeta>(const BlockOutput&)>;

/// One change fails; or it and all later ones, as on a disk that is gone. After the former nothing
/// is left beside the block.
void check_errors_at_every_change(const WriteBlock& write);

/// The process is killed at the change.
void check_kills_at_every_change(const WriteBlock& write);

/// The disk is full when one of the files is written: ResourceExhausted, which names the file, and
/// nothing is left.
void check_full_disk(const WriteBlock& write);

}  // namespace mnemo::testing
