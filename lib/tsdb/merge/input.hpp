// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/block/block_files.hpp"
#include "tsdb/merge/symbols.hpp"

#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace mnemo::tsdb {

/// One of the blocks that are merged: its series in order, labels as numbers of the merged block's
/// symbols.
///
/// Not thread-safe. Errors name block, file and offset.
class MergeInput {
 public:
  explicit MergeInput(BlockFiles files) : files_(std::move(files)) {}

  const BlockFiles& files() const { return files_; }

  /// Goes to the first series. Samples outside of `range` are left out.
  Status start(SymbolMap symbols, TimeRange range);

  size_t series_count() const { return refs_.size(); }

  bool valid() const { return at_ < refs_.size(); }
  /// REQUIRES: valid(), of the following.
  std::span<const SymbolPair> labels() const { return labels_; }
  Labels resolved_labels() const;
  /// Goes to the next series.
  Status next();

  /// Where the chunks of the series are, in order of time; some samples may be deleted.
  std::span<const ChunkMeta> chunk_metas() const { return metas_; }
  /// Whether every sample of the series is wanted.
  bool is_whole() const;
  /// Appends the chunks of the series, checked, to `chunks`. REQUIRES: is_whole(). Borrowed from
  /// this object.
  Status view_chunks(std::vector<StoredChunk>& chunks) const;

  /// Replaces `chunks` by those of the series: as they are, or, where samples of one are deleted,
  /// encoded anew without them.
  Status read_chunks(std::vector<Chunk>& chunks) const;

 private:
  Status decode();
  std::vector<TimeRange> deleted_ranges() const;

  BlockFiles files_;
  SymbolMap symbols_;
  TimeRange range_;
  Postings refs_;
  size_t at_ = 0;
  std::vector<SymbolPair> labels_;
  std::vector<ChunkMeta> metas_;
};

}  // namespace mnemo::tsdb
