// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/chunk.hpp>
#include <mnemo/histogram.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>
#include <mnemo/ulid.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace mnemo {

struct BlockWriterOptions {
  /// Where the block's folder is made.
  std::filesystem::path folder;
  /// The block's name; made up when absent.
  std::optional<Ulid> ulid;
};

/// Writes one TSDB block from samples or encoded chunks, which may come in any order.
///
/// Not thread-safe.
/// Ownership: samples are held, encoded, until `finish`; a writer that is destroyed before leaves
/// nothing behind.
/// Memory: the encoded samples and 32 bytes a chunk, and for each series some 200 bytes beside its
/// labels, some 500 more where not all of it is floats in order; samples that come out of order
/// within a series are held as they are, up to 120 of a series at a time.
/// Speed: quickest where the series come in the same order again and again, as scrapes bring them,
/// or one after the other.
/// Format: docs/formats/block.md.
///
///     mnemo::BlockWriter writer({.folder = "data"});
///     MNEMO_RETURN_IF_ERROR(writer.append({{"__name__", "up"}, {"job", "api"}}, time, 1));
///     MNEMO_TRY(auto meta, writer.finish());
class BlockWriter {
 public:
  explicit BlockWriter(BlockWriterOptions options);
  BlockWriter(BlockWriter&&) noexcept;
  BlockWriter& operator=(BlockWriter&&) noexcept;
  ~BlockWriter();

  /// Adds a sample; `time` in milliseconds since the epoch, `start_time` the time from which a
  /// counter counts (0: not known). One that is there already changes nothing.
  /// Errors: InvalidArgument (no labels, a malformed histogram); names the series.
  Status append(const Labels& series, int64_t time, double value, int64_t start_time = 0);
  Status append(const Labels& series, int64_t time, const Histogram& histogram,
                int64_t start_time = 0);
  Status append(const Labels& series, int64_t time, const FloatHistogram& histogram,
                int64_t start_time = 0);

  /// A number for a series, for those who append to the same ones again and again: it spares them
  /// the search by labels. Valid until `finish`. Errors: InvalidArgument (no labels).
  enum class SeriesNumber : uint32_t {};
  Result<SeriesNumber> number_of(const Labels& series);
  /// REQUIRES: the number comes from this writer.
  Status append(SeriesNumber series, int64_t time, double value, int64_t start_time = 0);

  /// Adds a whole chunk, which is kept as it is unless others overlap it.
  /// Errors: InvalidArgument (an aggregate chunk, or times that aren't those of its samples),
  /// DataLoss (malformed); names the series.
  Status append(const Labels& series, Chunk chunk);

  /// About how much memory is held at present.
  uint64_t held_bytes() const;

  /// Writes the block: its folder appears by rename once everything is on the disk. Returns its
  /// meta.json; without any sample nothing is written and the statistics say so. The writer is
  /// empty afterwards, whatever the outcome. What killed writers left beside is removed.
  /// Errors: InvalidArgument (two samples of a series at the same time with different values; names
  /// the series and the time), those of files.
  Result<BlockMeta> finish();

 private:
  friend class BlockWriterFiles;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mnemo
