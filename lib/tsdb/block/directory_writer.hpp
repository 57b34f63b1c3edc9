// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_lock.hpp"
#include "base/output_files.hpp"
#include "tsdb/block/tombstones.hpp"
#include "tsdb/chunks/writer.hpp"
#include "tsdb/index/writer.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

struct OutputOptions {
  /// Null: the file system itself.
  std::shared_ptr<OutputFiles> files;
  uint64_t segment_bytes = kDefaultSegmentBytes;
};

/// Writes a block directory: all symbols, all series with their chunks, then `finish`.
///
/// Not thread-safe. Durability: the block's folder appears under its name by `finish`, complete and
/// on the disk; until then everything lies in a folder "<ULID>.tmp-for-creation" beside it, which
/// the destructor removes and which Prometheus and Thanos take for garbage. What killed writers
/// left there is removed by the next one that writes to the same folder; a locked file beside each
/// such folder, "<ULID>.tmp-for-creation.lock", tells it from those of writers at work. Errors:
/// InvalidArgument (out of order), ResourceExhausted (format limits, disk), Aborted (another writer
/// makes the same block), those of files.
class BlockDirectoryWriter {
 public:
  /// Writes to `folder`/<ULID>. `meta` says everything but the files in its Thanos section and the
  /// statistics, which are counted (those of raw samples, in a downsampled block, excepted).
  static Result<BlockDirectoryWriter> create(const std::filesystem::path& folder, BlockMeta meta,
                                             const OutputOptions& options);
  BlockDirectoryWriter(BlockDirectoryWriter&&) = default;
  BlockDirectoryWriter& operator=(BlockDirectoryWriter&&) = delete;
  ~BlockDirectoryWriter();

  Status add_symbol(std::string_view symbol) { return index_->add_symbol(symbol); }
  /// Adds all symbols of another block. Errors: also DataLoss (they are out of order).
  Status add_symbols(const Symbols& symbols) {
    return symbols.for_each([&](std::string_view symbol) { return add_symbol(symbol); });
  }

  /// Adds a series and its chunks, which are in order of time and don't overlap.
  Status add_series(std::span<const SymbolPair> labels, std::span<const Chunk> chunks);
  /// The same with chunks whose records are copied as they are: the caller has checked them.
  Status copy_series(std::span<const SymbolPair> labels, std::span<const StoredChunk> chunks);

  /// Records that ranges of the series added last are deleted; its chunks still hold them.
  void add_tombstones(std::span<const TimeRange> ranges);

  /// The block's meta.json as written. A block without samples isn't written, as Prometheus does:
  /// the statistics then say so and there is no folder.
  Result<BlockMeta> finish();

 private:
  BlockDirectoryWriter() = default;
  Status count(ChunkEncoding encoding, std::span<const uint8_t> data);
  Status write_small_file(std::string_view name, std::string_view content);
  Status publish();

  std::shared_ptr<OutputFiles> files_;
  std::filesystem::path folder_;
  std::filesystem::path temporary_;
  std::optional<FileLock> lock_;
  BlockMeta meta_;
  std::optional<IndexWriter> index_;
  std::optional<ChunkWriter> chunks_;
  std::vector<ChunkMeta> chunk_metas_;
  Tombstones tombstones_;
};

}  // namespace mnemo::tsdb
