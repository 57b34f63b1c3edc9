// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include "store/bucket/range_reader.hpp"
#include "tsdb/index/format.hpp"
#include "tsdb/index/postings_table.hpp"
#include "tsdb/index/selection.hpp"
#include "tsdb/index/symbols.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// What is kept in memory of an index in a bucket: its table of contents, symbols and postings
/// offset table. Thread-safe for const use.
struct IndexHeader {
  std::string object;  // the index's name in the bucket
  uint64_t size = 0;   // of the whole index
  tsdb::IndexToc toc;
  tsdb::Symbols symbols;
  tsdb::PostingsTable postings_table;

  /// Where the section or list that begins at `offset` ends at the latest.
  uint64_t end_of(uint64_t offset) const;

  /// Reads and checks it by three ranged reads. `known_size`: the index's size where it is known
  /// (from meta.json), else 0. Errors: NotFound, DataLoss (names object and offset).
  static Result<IndexHeader> load(const Context& context, const RangeReader& reader,
                                  std::string object, uint64_t known_size);
};

/// The postings of an index in a bucket, for one call. Not thread-safe.
class BucketPostings final : public tsdb::PostingsSource {
 public:
  BucketPostings(Context context, const IndexHeader& header, const RangeReader& reader,
                 ReadCount& count)
      : context_(std::move(context)), header_(header), reader_(reader), count_(count) {}

  Status for_each_value(std::string_view name, std::string_view prefix,
                        const std::function<void(std::string_view)>& visit) const override;
  Result<std::vector<tsdb::Postings>> fetch(
      std::span<const tsdb::PostingsTerm> terms) const override;

 private:
  Context context_;
  const IndexHeader& header_;
  const RangeReader& reader_;
  ReadCount& count_;
};

}  // namespace mnemo
