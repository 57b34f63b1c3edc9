// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// The outer format of an index file, as pure functions over bytes: whoever holds a part of an
/// index (mapped, or fetched from object storage) decodes it with these. Offsets in errors are
/// those within the index file. Format: docs/formats/block.md (Prometheus TSDB, index versions 1
/// and 2).
namespace mnemo::tsdb {

inline constexpr uint32_t kIndexMagic = 0xBAAAD700;
inline constexpr size_t kIndexHeaderSize = 5;
inline constexpr size_t kTocSize = 6 * 8 + 4;
inline constexpr size_t kCrcSize = 4;
/// Series of version 2 start at multiples of this; a reference to a series is its offset divided by
/// it.
inline constexpr uint64_t kSeriesAlignment = 16;

/// What differs in version 1: references to series and symbols are their offsets in the file, and
/// the postings offset table may be in any order.
enum class IndexVersion : uint8_t { kV1 = 1, kV2 = 2 };

/// Where the series with this reference begins.
inline uint64_t series_offset(IndexVersion version, uint32_t ref) {
  return version == IndexVersion::kV1 ? ref : ref * kSeriesAlignment;
}

/// Offsets of the sections of an index; 0 where a section doesn't exist.
struct IndexToc {
  uint64_t symbols = 0;
  uint64_t series = 0;
  uint64_t label_indices = 0;
  uint64_t label_offset_table = 0;
  uint64_t postings = 0;
  uint64_t postings_offset_table = 0;
};

/// Reads magic and version at the start of an index. Errors: DataLoss; Unimplemented (a version
/// other than 1 and 2).
Result<IndexVersion> parse_index_header(std::span<const uint8_t> start);

/// Reads the table of contents, the last kTocSize bytes of an index of `index_size` bytes.
/// Errors: DataLoss (CRC, or a section that lies outside of the index).
Result<IndexToc> parse_toc(std::span<const uint8_t> toc, uint64_t index_size);

/// The content of a section that starts with its length (4 bytes, big-endian) and ends with its
/// CRC. `bytes` begins at the section and may go on after it; `offset` is where it lies in the
/// file and `what` its name, for errors. Errors: DataLoss.
Result<Bytes> section_content(const Bytes& bytes, uint64_t offset, std::string_view what);

/// As above without the owner, for sections that are only looked at.
Result<std::span<const uint8_t>> section_content(std::span<const uint8_t> bytes, uint64_t offset,
                                                 std::string_view what);

/// "what at offset 0x1f3a: reason".
std::string located(std::string_view what, uint64_t offset, std::string_view reason);

}  // namespace mnemo::tsdb
