// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/chunk.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mnemo {

/// Where a chunk of a series is, and the times of its first and last sample as the index has them.
/// `ref`: the number of the segment (from 0) in the upper 32 bits, the offset in it in the lower.
struct ChunkMeta {
  int64_t min_time = 0;
  int64_t max_time = 0;
  uint64_t ref = 0;

  TimeRange range() const { return {min_time, max_time}; }
};

/// One selected series of a block: its own labels (no external ones), the chunks that overlap the
/// range that was asked for, in order of time, and the ranges whose samples are deleted
/// (tombstones; sorted, disjoint). Chunks that are deleted entirely are left out; samples of the
/// others that lie in `deleted` must not be shown.
struct BlockSeries {
  uint64_t ref = 0;
  Labels labels;
  std::vector<ChunkMeta> chunks;
  std::vector<TimeRange> deleted;
};

/// The series of one selection, in the order of their labels.
///
/// Not thread-safe. Ownership: keeps its block alive.
class BlockSelection {
 public:
  virtual ~BlockSelection() = default;

  /// Fills `series` (whose storage is reused) and returns true, or returns false at the end.
  /// Errors: DataLoss (names file and offset); the selection may go on with the next series.
  virtual Result<bool> next(BlockSeries& series) = 0;

  /// Other labels than these are left out of the series to come. `names`: sorted.
  virtual void need_only(std::vector<std::string> names) = 0;

  /// How many series the matchers selected, those without chunks in the range included.
  virtual size_t size() const = 0;
};

/// One immutable TSDB block on disk, opened for reading.
///
/// Thread-safe: any number of threads may call any const method.
/// Ownership: files stay mapped until the last reference to the block and the last `Bytes` taken
/// from it are gone; deleting the directory meanwhile is harmless (overwriting its files is not).
/// Format: docs/formats/block.md (Prometheus TSDB, index v1 and v2).
///
///     MNEMO_TRY(auto block, mnemo::Block::open("data/01GBLOCK"));
///     MNEMO_TRY(auto selection, block->select(matchers, block->meta().range()));
///     mnemo::BlockSeries series;
///     mnemo::SampleColumn samples;
///     while (true) {
///       MNEMO_TRY(bool more, selection->next(series));
///       if (!more) break;
///       samples.clear();
///       MNEMO_RETURN_IF_ERROR(block->read_samples(series, range, samples));
///     }
class Block : public std::enable_shared_from_this<Block> {
 public:
  /// Opens the block in `directory`; checks its meta.json, the index's header, table of contents,
  /// symbol table and postings offset table, and the segments' headers (O(label names + entries /
  /// 32) memory; series, postings and chunks are checked as they are read).
  /// Errors: NotFound (no meta.json, index or chunks), DataLoss (names block, file and offset),
  /// Unimplemented (format version).
  static Result<std::shared_ptr<const Block>> open(const std::filesystem::path& directory);

  virtual ~Block() = default;

  virtual const BlockMeta& meta() const = 0;
  virtual const std::filesystem::path& directory() const = 0;

  /// The series that satisfy all matchers and have chunks that overlap `range`. With an empty
  /// `range` chunks don't matter: every matching series comes, without chunks.
  virtual Result<std::unique_ptr<BlockSelection>> select(std::span<const Matcher> matchers,
                                                         TimeRange range) const = 0;

  /// The chunk at `meta.ref`; its bytes are the mapped file's. Verifies its CRC.
  /// Errors: DataLoss (names the segment file and offset).
  virtual Result<Chunk> read_chunk(const ChunkMeta& meta) const = 0;

  /// Appends the samples of `series` within `range` that aren't deleted to `out`.
  /// Errors: DataLoss; InvalidArgument (aggregate chunks of a downsampled block).
  virtual Status read_samples(const BlockSeries& series, TimeRange range,
                              SampleColumn& out) const = 0;

  /// Sorted names of the labels of the series that satisfy all matchers.
  virtual Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers) const = 0;

  /// Sorted values of one label of those series.
  virtual Result<std::vector<std::string>> label_values(
      std::string_view name, std::span<const Matcher> matchers) const = 0;

  /// Whether any deletion is recorded: only then is `BlockSeries::deleted` ever filled.
  virtual bool has_tombstones() const = 0;
};

}  // namespace mnemo
