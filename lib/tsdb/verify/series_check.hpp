// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/chunks/segments.hpp"
#include "tsdb/index/reader.hpp"
#include "tsdb/verify/chunk_check.hpp"
#include "tsdb/verify/fault_log.hpp"

#include <mnemo/block_meta.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mnemo::tsdb {

/// The chunk segments of a block as far as they can be opened.
struct CheckedSegments {
  bool readable = false;  // the folder is there
  ChunkSegments segments;
  std::set<uint32_t> told;  // segments that are missing or bad, which was told
};

/// What the series section of an index holds.
struct CheckedSeries {
  static constexpr uint32_t kUnknown = std::numeric_limits<uint32_t>::max();

  Postings refs;                      // of every series
  std::vector<uint32_t> label_count;  // by series; kUnknown where its labels can't be read
  uint64_t chunks = 0;
  SampleCounts samples;
};

/// Walks over the series section of an index, entry by entry, and over each series' chunks. After
/// an entry that can't be read it goes on with the next that can.
///
/// Not thread-safe. Borrows all that it is given.
class SeriesCheck {
 public:
  /// `meta` may be null, where it isn't known.
  SeriesCheck(const IndexReader& index, bool has_symbols, CheckedSegments& segments,
              const BlockMeta* meta, FaultLog& faults)
      : index_(index),
        has_symbols_(has_symbols),
        segments_(segments),
        meta_(meta),
        faults_(faults) {}

  /// `progress` is told of bytes of index and chunks.
  CheckedSeries run(const std::function<void(uint64_t)>& progress);

 private:
  void check_entry(uint64_t offset, std::span<const uint8_t> content);
  bool check_labels(uint64_t offset);
  void check_chunks();
  bool check_place(const ChunkMeta& chunk);
  void check_content(const ChunkMeta& chunk);
  std::string series_text() const;

  const IndexReader& index_;
  bool has_symbols_;
  CheckedSegments& segments_;
  const BlockMeta* meta_;
  FaultLog& faults_;
  CheckedSeries result_;
  uint64_t chunk_bytes_ = 0;
  uint64_t offset_ = 0;  // of the series looked at
  std::vector<SymbolPair> labels_;
  std::vector<SymbolPair> last_labels_;
  std::vector<ChunkMeta> chunks_;
  std::optional<uint64_t> last_chunk_ref_;
  SampleColumn scratch_;
};

}  // namespace mnemo::tsdb
