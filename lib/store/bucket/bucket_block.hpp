// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block.hpp>
#include <mnemo/block_meta.hpp>
#include <mnemo/store.hpp>

#include "store/bucket/index_cache.hpp"
#include "store/bucket/index_header.hpp"
#include "store/bucket/lazy_index_header.hpp"
#include "store/bucket/lazy_postings.hpp"
#include "store/bucket/query_stats.hpp"
#include "store/bucket/range_reader.hpp"
#include "tsdb/index/selection.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mnemo {

/// The external labels of a block.
Labels external_labels(const BlockMeta& meta);

/// The milliseconds between the samples of a block; 0: raw.
int64_t resolution(const BlockMeta& meta);

/// A chunk that a series wants, and where it goes.
struct WantedChunk {
  ChunkMeta meta;
  AggregateChunk* out = nullptr;
};

/// What the blocks of one store share.
struct BlockSurroundings {
  RangeReader reader;
  IndexHeaderOptions headers;
  std::shared_ptr<IndexHeaderMetrics> header_metrics;  // may be null
  /// What most entries and chunks don't exceed, where meta.json knows no less.
  uint64_t usual_entry_size = 64U << 10;
  uint64_t usual_chunk_size = 16000;
  LazyPostingsOptions lazy_postings;
  std::shared_ptr<IndexCache> index_cache;  // null: none
};

/// The series that a selection found, and what is left to be asked of their labels.
struct SeriesSelection {
  tsdb::Postings refs;
  std::vector<Matcher> remaining;
};

/// One block in a bucket, of which only the index header is at hand; everything else is read by
/// ranges when it is asked for. Checks every checksum; errors name object and offset.
///
/// Thread-safe. Ownership: shares its surroundings.
class BucketBlock {
 public:
  /// Prepares the index header (see `LazyIndexHeader::prepare`).
  static Result<std::shared_ptr<const BucketBlock>> load(
      const Context& context, std::shared_ptr<const BlockMeta> meta,
      std::shared_ptr<const BlockSurroundings> surroundings);

  const BlockMeta& meta() const { return *meta_; }
  /// The index's name in the bucket.
  const std::string& index_object() const { return header_->object(); }
  Result<std::shared_ptr<const IndexHeader>> header(const Context& context) const {
    return header_->get(context);
  }
  bool release_header_if_unused_since(LazyIndexHeader::Clock::time_point time) const {
    return header_->release_if_unused_since(time);
  }

  /// The series that satisfy all matchers (all series without any), which are over the series' own
  /// labels. Where lazy postings are enabled, some matchers may remain.
  Result<SeriesSelection> select(const Context& context, const IndexHeader& header,
                                 std::span<const Matcher> matchers, QueryStats& stats) const;

  /// Reads the entries of series and hands each to `visit` with its offset, in their order.
  using EntryVisitor = std::function<Status(std::span<const uint8_t> content, uint64_t offset)>;
  Status read_entries(const Context& context, const IndexHeader& header,
                      std::span<const tsdb::SeriesRef> refs, QueryStats& stats,
                      const EntryVisitor& visit) const;

  /// Reads chunks into their places: raw ones as they are, of aggregate ones the `aggregates`.
  Status read_chunks(const Context& context, std::vector<WantedChunk> wanted,
                     std::span<const Aggregate> aggregates, QueryStats& stats) const;

  /// A guess, on the high side, at the bytes of the chunks of one series.
  uint64_t estimate_bytes(std::span<const ChunkMeta> chunks) const;

 private:
  BucketBlock(std::shared_ptr<const BlockMeta> meta,
              std::shared_ptr<const BlockSurroundings> surroundings);

  Result<SeriesSelection> select_from_postings(const Context& context, const IndexHeader& header,
                                               std::span<const Matcher> matchers,
                                               QueryStats& stats) const;
  /// Which terms to leave for later; empty: none.
  std::vector<Expansion> choose_terms(const tsdb::PostingsPlan& plan, std::vector<TermSize> sizes,
                                      BucketStoreMetrics* metrics) const;
  IndexCache* series_cache() const;
  Result<std::vector<Bytes>> entry_bytes(const Context& context, const IndexHeader& header,
                                         std::span<const tsdb::SeriesRef> refs,
                                         QueryStats& stats) const;
  Status fetch_entries(const Context& context, const IndexHeader& header,
                       std::span<const tsdb::SeriesRef> refs, std::span<const size_t> missing,
                       QueryStats& stats, std::vector<Bytes>& entries) const;
  Status read_segment(const Context& context, std::span<const WantedChunk> wanted,
                      std::span<const Aggregate> aggregates, QueryStats& stats) const;

  std::shared_ptr<const BlockMeta> meta_;
  std::shared_ptr<const BlockSurroundings> surroundings_;
  std::unique_ptr<LazyIndexHeader> header_;
  uint64_t entry_size_ = 0;  // guesses that most entries and chunks don't exceed
  uint64_t chunk_size_ = 0;
};

}  // namespace mnemo
