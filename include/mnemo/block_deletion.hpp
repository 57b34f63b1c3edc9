// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <filesystem>
#include <span>

namespace mnemo {

/// Deletes the samples within `range` of the series that satisfy all matchers (every series without
/// any) from the block in `directory`, as Prometheus does: the deletion is recorded in the block's
/// tombstones, reading leaves the samples out from then on, and they are gone for good once the
/// block is merged. Of each series the record reaches from its first to its last sample at most.
/// Returns the block's meta.json as it is then.
///
/// Thread-safe; but of several deletions from one block at a time only one may last. A `Block` that
/// is open goes on without the deletion.
/// Durability: the tombstones are replaced at once, then meta.json, which counts them; after a
/// crash between the two the deletion holds and meta.json has the old count. A block in a bucket
/// has no tombstones: what is deleted from a block after its upload stays in the bucket. Errors:
/// those of Block::open, DataLoss (the index; names block, file and offset), those of files.
Result<BlockMeta> delete_samples(const std::filesystem::path& directory,
                                 std::span<const Matcher> matchers, TimeRange range);

}  // namespace mnemo
