// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/chunk.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

/// The format of chunk segments, as pure functions over bytes, wherever these come from.
/// Format: docs/formats/chunks.md (Prometheus TSDB, chunks version 1).
namespace mnemo::tsdb {

inline constexpr uint32_t kSegmentMagic = 0x85BD40DD;
inline constexpr size_t kSegmentHeaderSize = 8;
/// A record is its data and at most this many bytes of length, encoding and CRC.
inline constexpr size_t kMaxRecordOverhead = 5 + 1 + 4;

/// The segment (from 0) and the offset in it that a chunk reference stands for.
inline uint32_t segment_of(uint64_t ref) { return static_cast<uint32_t>(ref >> 32); }
inline uint32_t offset_of(uint64_t ref) { return static_cast<uint32_t>(ref); }

/// Checks magic and version at the start of a segment. Errors: DataLoss, Unimplemented.
Status check_segment_header(std::span<const uint8_t> start);

/// How many bytes the record that begins with `prefix` takes, length and CRC included; nothing
/// where `prefix` (5 bytes always suffice) is too short to tell or isn't a record.
std::optional<uint64_t> chunk_record_size(std::span<const uint8_t> prefix);

struct ChunkRecord {
  ChunkEncoding encoding = ChunkEncoding::kNone;
  Bytes data;
};

/// A record where it lies, and what is in it. Borrows the bytes.
struct RecordView {
  ChunkEncoding encoding = ChunkEncoding::kNone;
  std::span<const uint8_t> data;
  std::span<const uint8_t> record;  // length, encoding and CRC included
};

/// A chunk of a series as it is stored, with its times as in ChunkMeta. Borrows the bytes.
struct StoredChunk {
  int64_t min_time = 0;
  int64_t max_time = 0;
  RecordView view;
};

/// The record at the start of `bytes`, which may go on after it; `offset` is where it lies in its
/// segment. Checks the CRC. Errors: DataLoss (also where `bytes` is too short).
Result<RecordView> view_chunk_record(std::span<const uint8_t> bytes, uint64_t offset);

/// Appends the record of a chunk. REQUIRES: the data is shorter than 4 GiB.
void append_chunk_record(std::string& out, ChunkEncoding encoding, std::span<const uint8_t> data);

/// The record at the start of `bytes`, which may go on after it; `offset` is where it lies in its
/// segment. Checks the CRC. Errors: DataLoss (also where `bytes` is too short).
Result<ChunkRecord> parse_chunk_record(const Bytes& bytes, uint64_t offset);

}  // namespace mnemo::tsdb
