// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/block/tombstones.hpp"
#include "tsdb/chunks/segments.hpp"
#include "tsdb/index/reader.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace mnemo::tsdb {

/// The files of one block directory, opened for reading.
///
/// Thread-safe for const use. Ownership: keeps the files mapped.
struct BlockFiles {
  std::filesystem::path directory;
  BlockMeta meta;
  IndexReader index;
  ChunkSegments chunks;
  Tombstones tombstones;

  /// Errors: as Block::open.
  static Result<BlockFiles> open(const std::filesystem::path& directory);

  /// "block 01G...: file", for errors.
  std::string place(std::string_view file) const;

  /// Reads a chunk and verifies its CRC. Errors: DataLoss (names block, segment and offset).
  Result<Chunk> read_chunk(const ChunkMeta& meta) const;

  /// The same without a reference to the file: borrowed from this object.
  Result<StoredChunk> view_chunk(const ChunkMeta& meta) const;
};

/// Reads and checks the meta.json of a block directory. Errors: NotFound, DataLoss, Unimplemented.
Result<BlockMeta> read_meta(const std::filesystem::path& directory);

}  // namespace mnemo::tsdb
