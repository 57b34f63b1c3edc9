// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include "store/bucket/bucket_block.hpp"
#include "store/external_labels.hpp"
#include "store/series_order.hpp"
#include "store/shard.hpp"
#include "tsdb/index/series.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mnemo {

/// About how many bytes of chunks of one block are read and held at a time. Batches stay small, so
/// that memory is used again while it is in the processor's caches, unless reading one takes so
/// long that waiting for the bucket must be what takes the time.
struct BatchBytes {
  uint64_t usual = 1U << 20;
  uint64_t most = 8U << 20;
};

/// The series of one block in a bucket for a request, in order of their finished labels, read in
/// batches of bounded size.
///
/// Not thread-safe.
class BlockStream final : public SeriesStream {
 public:
  /// `matchers` are over the series' own labels.
  BlockStream(const Context& context, std::shared_ptr<const BucketBlock> block,
              std::vector<Matcher> matchers, const SeriesRequest& request, BatchBytes batches,
              std::shared_ptr<QueryStats> stats);

  Result<bool> next(Series& series) override;
  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<std::string> queried_blocks() const override {
    return {block_->meta().ulid.to_string()};
  }

 private:
  using Chunks = std::vector<ChunkMeta>;

  Status select();
  Status read_more_entries();
  Status add_entry(std::span<const uint8_t> content, uint64_t offset);
  Status number_symbols(uint64_t offset);
  Status fill_batch();
  Series& add_to_batch();
  Status read_chunks();
  bool all_entries_read() const { return next_ref_ == refs_.size(); }

  Context context_;
  std::shared_ptr<const BucketBlock> block_;
  std::vector<Matcher> matchers_;
  TimeRange range_;
  std::vector<Aggregate> aggregates_;
  bool skip_chunks_;
  LabelFinisher finisher_;
  ShardMatcher shard_;
  uint64_t batch_bytes_;
  BatchBytes batches_;
  std::shared_ptr<QueryStats> stats_;

  std::shared_ptr<const IndexHeader> header_;  // null until the series are selected
  bool order_finished_ = false;
  tsdb::Postings refs_;
  std::vector<Matcher> remaining_;  // over the series' own labels
  size_t next_ref_ = 0;
  size_t entries_at_once_;
  std::optional<SeriesOrder<Chunks>> order_;
  std::optional<tsdb::LabelResolver> labels_;
  // What follows keeps its storage from series to series.
  std::vector<tsdb::SymbolPair> symbols_;
  Labels own_;
  Chunks chunks_;
  std::vector<Chunks> spare_chunks_;
  std::vector<Chunks> batch_metas_;  // of the series of the batch
  std::vector<Series> batch_;
  size_t batch_size_ = 0;
  size_t next_in_batch_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace mnemo
