// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/output_files.hpp"
#include "tsdb/index/format.hpp"
#include "tsdb/index/label_pairs.hpp"
#include "tsdb/index/postings.hpp"
#include "tsdb/index/series.hpp"
#include "tsdb/index/symbols.hpp"

#include <mnemo/block.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

/// Writes an index file, version 2, byte for byte as Prometheus does: first all symbols, then all
/// series, then `finish`. Label indices and their offset table are left out, as Prometheus does.
///
/// Not thread-safe. Ownership: the file's content is on the disk when `finish` returns; a writer
/// that is destroyed before leaves an incomplete file.
/// Memory: 4 bytes a series and an entry of a postings list, a byte or two a label of a series,
/// some 20 a label pair. Errors: InvalidArgument (symbols, series or chunks out of order),
/// ResourceExhausted (a section larger than the format allows), those of files.
class IndexWriter {
 public:
  static Result<IndexWriter> create(OutputFiles& files, const std::filesystem::path& path);

  /// Adds a symbol and numbers it (from 0). REQUIRES of callers: sorted, each once.
  Status add_symbol(std::string_view symbol);

  /// Adds a series whose labels are numbers of symbols. Series come in the order of their labels;
  /// chunks in order of time and of reference, without overlap.
  Status add_series(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);

  Status finish();

  /// The reference of the series added last. REQUIRES: there is one.
  SeriesRef last_ref() const { return series_.back(); }

 private:
  explicit IndexWriter(BufferedOutput out) : out_(std::move(out)) {}
  Status finish_symbols();
  Status check_series(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);
  Status write_series_entry(std::span<const SymbolPair> labels, std::span<const ChunkMeta> chunks);
  Postings collect_postings(std::span<const uint32_t> order) const;
  Status write_postings_list(std::span<const SeriesRef> refs);
  Status write_postings(std::span<const uint32_t> order);
  Status write_offset_table(std::span<const uint32_t> order);
  Status write_toc();

  BufferedOutput out_;
  IndexToc toc_;
  std::string last_symbol_;
  uint32_t symbol_count_ = 0;
  Symbols symbols_;
  Bytes file_start_;
  LabelPairs pairs_;
  Postings series_;
  std::vector<SymbolPair> last_labels_;
  uint64_t last_chunk_ref_ = 0;
  std::string scratch_;
  std::string head_;
};

}  // namespace mnemo::tsdb
