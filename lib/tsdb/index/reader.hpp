// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/index/format.hpp"
#include "tsdb/index/postings_table.hpp"
#include "tsdb/index/selection.hpp"
#include "tsdb/index/series.hpp"
#include "tsdb/index/symbols.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

/// A whole index file in memory (usually mapped).
///
/// Thread-safe for const use. Ownership: keeps the file's bytes alive.
/// Errors of its methods name the section and the offset; the caller adds the file.
class IndexReader final : public PostingsSource {
 public:
  /// Checks header, table of contents, symbols and postings offset table. Where `bad` isn't null, a
  /// symbol table or postings offset table that can't be read is left empty and told there.
  static Result<IndexReader> open(Bytes file, std::vector<Status>* bad = nullptr);

  IndexVersion version() const { return version_; }
  const IndexToc& toc() const { return toc_; }
  const Symbols& symbols() const { return symbols_; }
  const PostingsTable& postings_table() const { return postings_table_; }
  const Bytes& file() const { return file_; }
  /// Where a series begins in the file.
  uint64_t offset_of(SeriesRef ref) const { return series_offset(version_, ref); }

  Status for_each_value(std::string_view name, std::string_view prefix,
                        const std::function<void(std::string_view)>& visit) const override;
  Result<std::vector<Postings>> fetch(std::span<const PostingsTerm> terms) const override;

  /// The list that an entry of the postings offset table refers to. Errors: DataLoss.
  Result<Postings> read_postings(const PostingsEntry& entry) const;

  /// The postings of one pair; empty where there is none.
  Result<Postings> postings(std::string_view name, std::string_view value) const;

  /// Reads a series. `chunks` may be null; `scratch` is only there to be reused.
  Status series(SeriesRef ref, Labels& labels, std::vector<ChunkMeta>* chunks,
                std::vector<SymbolPair>& scratch) const;

  /// The same with the labels as numbers of symbols, which are not looked up (and which may not be
  /// there in version 2), and only the chunks that overlap `range`.
  Status series_symbols(SeriesRef ref, std::vector<SymbolPair>& labels,
                        std::vector<ChunkMeta>* chunks, TimeRange range = {}) const;

  /// Sorted names and values of the series that satisfy the matchers.
  Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers) const;
  Result<std::vector<std::string>> label_values(std::string_view name,
                                                std::span<const Matcher> matchers) const;

 private:
  Status append_postings(const PostingsEntry& entry, Postings& postings) const;

  Bytes file_;
  IndexVersion version_ = IndexVersion::kV2;
  IndexToc toc_;
  Symbols symbols_;
  PostingsTable postings_table_;
};

}  // namespace mnemo::tsdb
