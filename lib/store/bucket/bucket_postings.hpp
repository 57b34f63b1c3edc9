// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>
#include <mnemo/ulid.hpp>

#include "store/bucket/index_cache.hpp"
#include "store/bucket/index_header.hpp"
#include "store/bucket/query_stats.hpp"
#include "store/bucket/range_reader.hpp"
#include "tsdb/index/selection.hpp"

#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace mnemo {

/// The postings of an index in a bucket, for one call; lists that the cache has aren't read.
///
/// Not thread-safe. Borrows everything.
class BucketPostings final : public tsdb::PostingsSource {
 public:
  /// One list that a term wants.
  struct List {
    size_t term = 0;
    std::string_view name;   // of the term
    std::string_view value;  // of the header
    ByteRange range;
  };

  /// `cache` may be null.
  BucketPostings(Context context, const Ulid& block, const IndexHeader& header,
                 const RangeReader& reader, IndexCache* cache, QueryStats& stats)
      : context_(std::move(context)),
        block_(block),
        header_(header),
        reader_(reader),
        cache_(cache),
        stats_(stats) {}

  Status for_each_value(std::string_view name, std::string_view prefix,
                        const std::function<void(std::string_view)>& visit) const override;
  Result<std::vector<tsdb::Postings>> fetch(
      std::span<const tsdb::PostingsTerm> terms) const override;

  /// Where the lists of the terms are, in order of the terms.
  std::vector<List> locate(std::span<const tsdb::PostingsTerm> terms) const;

 private:
  Status read_lists(std::span<const List> lists, std::span<const size_t> wanted,
                    std::vector<tsdb::Postings>& results) const;
  std::vector<size_t> take_cached(std::span<const List> lists, std::vector<tsdb::Postings>& results,
                                  Status& failure) const;

  Context context_;
  const Ulid& block_;
  const IndexHeader& header_;
  const RangeReader& reader_;
  IndexCache* cache_;
  QueryStats& stats_;
};

/// Encodes and decodes postings for the cache, and counts that; `metrics` may be null.
Bytes pack_postings(std::span<const tsdb::SeriesRef> postings, BucketStoreMetrics* metrics);
Result<tsdb::Postings> unpack_postings(const Bytes& packed, BucketStoreMetrics* metrics);

}  // namespace mnemo
