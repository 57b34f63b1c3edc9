// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/executor.hpp>

#include "blocks/block_files.hpp"
#include "blocks/layout.hpp"

#include <filesystem>
#include <memory>

namespace mnemo {

/// What becomes of the objects that a failed upload has put.
enum class AfterFailure {
  kKeep,    // for whoever tries again: without meta.json they are no block
  kRemove,  // as far as possible
};

struct UploadOptions {
  FileHash hash = FileHash::kNone;
  bool needs_external_labels = true;  // refuse a block without them
  AfterFailure after_failure = AfterFailure::kKeep;
  std::shared_ptr<Executor> executor;  // null: one segment after the other
  size_t concurrency = 1;              // segments at a time
  WallClock clock;                     // for upload_time; empty: the system's
};

/// Puts the block in the folder `dir` (named by its ULID) into the bucket: chunk segments, the
/// index, and at last meta.json, so that a block with a meta.json is complete. The meta.json that
/// is put is that of `dir` with `files` and `upload_time` in its `thanos` section. Doesn't look
/// whether the block is there already: objects of the same names are replaced. Errors:
/// InvalidArgument (no block's folder), FailedPrecondition (no external labels), DataLoss
/// (meta.json), those of files and of the bucket.
Status upload_block(const Context& context, Bucket& bucket, const std::filesystem::path& dir,
                    const UploadOptions& options = {});

/// Removes all objects of a block: meta.json first, so that what is left is no block;
/// deletion-mark.json last, so that a removal which breaks off is taken up again. Removing what
/// isn't there is no error.
Status delete_block(const Context& context, Bucket& bucket, const Ulid& block);

}  // namespace mnemo
