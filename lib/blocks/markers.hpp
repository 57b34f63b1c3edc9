// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/ulid.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mnemo {

/// What a mark asks of those who tend a bucket.
enum class MarkKind { kDeletion, kNoCompact, kNoDownsample };

/// The mark's file in a block's folder, e.g. "deletion-mark.json". The view is static.
std::string_view mark_file(MarkKind kind);

/// A mark that lies beside a block in the bucket.
///
/// A value type. Format: Thanos' deletion-mark.json, no-compact-mark.json and
/// no-downsample-mark.json, version 1.
struct BlockMark {
  MarkKind kind = MarkKind::kDeletion;
  Ulid block;
  int64_t time = 0;     // when it was marked: seconds since the epoch
  std::string reason;   // "manual", ...; a deletion mark has none
  std::string details;  // for people; may be empty

  /// Errors: DataLoss (not such JSON), Unimplemented (version).
  static Result<BlockMark> parse(MarkKind kind, std::string_view json);
  std::string to_json() const;
};

/// Errors: NotFound, those of `BlockMark::parse`, those of the bucket.
Result<BlockMark> read_mark(const Context& context, Bucket& bucket, MarkKind kind,
                            const Ulid& block);

/// Puts the mark unless the block already has one of that kind; whether it was put.
Result<bool> put_mark(const Context& context, Bucket& bucket, const BlockMark& mark);

}  // namespace mnemo
