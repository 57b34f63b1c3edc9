// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/chunks/record.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace mnemo::tsdb {

/// The chunk segments of one block ("000001", "000002", ... in its folder "chunks"), mapped.
///
/// Thread-safe for const use. Ownership: files stay mapped until this object and the last `Bytes`
/// read from it are gone. Errors name the segment's file within the block and the offset.
class ChunkSegments {
 public:
  /// Maps every segment and checks its header. Errors: NotFound (no folder), DataLoss. Where `bad`
  /// isn't null, segments that can't be opened are left out and told there, by number.
  static Result<ChunkSegments> open(const std::filesystem::path& directory,
                                    std::map<uint32_t, Status>* bad = nullptr);

  /// The segments' content by number, from 0.
  const std::map<uint32_t, Bytes>& segments() const { return segments_; }

  /// Reads the chunk at `ref` and verifies its CRC. Errors: DataLoss.
  Result<ChunkRecord> read(uint64_t ref) const;

  /// The same without a reference to the file: borrowed from this object.
  Result<RecordView> view(uint64_t ref) const;

 private:
  Result<const Bytes*> find(uint64_t ref) const;

  std::map<uint32_t, Bytes> segments_;
};

/// "chunks/000001" for segment 0.
std::string segment_name(uint32_t segment);

}  // namespace mnemo::tsdb
