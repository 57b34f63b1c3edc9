// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/output_files.hpp"
#include "tsdb/chunks/record.hpp"

#include <mnemo/block.hpp>
#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

inline constexpr uint64_t kDefaultSegmentBytes = 512 << 20;

/// Writes the chunk segments of a block, and begins a new one where Prometheus does.
///
/// Not thread-safe. Ownership: everything is on the disk when `finish` returns. Errors name the
/// file.
class ChunkWriter {
 public:
  /// Creates `folder`. `files` must outlive the writer.
  static Result<ChunkWriter> create(OutputFiles& files, std::filesystem::path folder,
                                    uint64_t segment_bytes = kDefaultSegmentBytes);

  /// Writes all chunks of one series; `metas` is replaced by where they are.
  Status write(std::span<const Chunk> chunks, std::vector<ChunkMeta>& metas);
  /// The same for chunks whose records exist: these are copied as they are, unchecked.
  Status copy(std::span<const StoredChunk> chunks, std::vector<ChunkMeta>& metas);

  /// Flushes segments and folder to the disk.
  Status finish();

  /// How many segments there are.
  uint32_t segment_count() const { return segments_; }

 private:
  ChunkWriter(OutputFiles& files, std::filesystem::path folder, uint64_t segment_bytes)
      : files_(&files), folder_(std::move(folder)), segment_bytes_(segment_bytes) {}

  Status begin_segment();
  Status check_room(size_t data_size) const;
  /// Where the next record goes. REQUIRES: a segment is open.
  uint64_t next_ref() const { return uint64_t{segments_ - 1} << 32 | segment_->position(); }

  OutputFiles* files_;
  std::filesystem::path folder_;
  uint64_t segment_bytes_;
  uint32_t segments_ = 0;
  std::optional<BufferedOutput> segment_;
  std::string scratch_;
};

}  // namespace mnemo::tsdb
