// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block.hpp>
#include <mnemo/store.hpp>

#include "store/external_labels.hpp"
#include "store/series_order.hpp"
#include "store/shard.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mnemo {

/// The series of one local block for a request, in order of their finished labels. Chunks with
/// deleted samples are encoded anew.
///
/// Not thread-safe.
class LocalBlockStream final : public SeriesStream {
 public:
  /// `matchers` are over the series' own labels.
  LocalBlockStream(const Context& context, std::shared_ptr<const Block> block,
                   const Labels& external, std::vector<Matcher> matchers,
                   const SeriesRequest& request);

  Result<bool> next(Series& series) override;
  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<std::string> queried_blocks() const override {
    return {block_->meta().ulid.to_string()};
  }

 private:
  Status select();
  Status read_until_ready();
  Status read_chunks(const BlockSeries& from, Series& to) const;
  Status read_chunk(const ChunkMeta& meta, const std::vector<TimeRange>& deleted,
                    std::vector<AggregateChunk>& to) const;

  Context context_;
  std::shared_ptr<const Block> block_;
  std::vector<Matcher> matchers_;
  TimeRange range_;
  std::vector<Aggregate> aggregates_;
  bool skip_chunks_;
  LabelFinisher finisher_;
  ShardMatcher shard_;
  std::unique_ptr<BlockSelection> selection_;
  bool selection_ended_ = false;
  std::unique_ptr<SeriesOrder<BlockSeries>> order_;
  std::vector<std::string> warnings_;
};

}  // namespace mnemo
