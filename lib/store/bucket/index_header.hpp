// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include "tsdb/index/format.hpp"
#include "tsdb/index/postings_table.hpp"
#include "tsdb/index/symbols.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace mnemo {

/// The outer format of an index-header: docs/formats/index-header.md.
inline constexpr uint32_t kIndexHeaderMagic = 0xBAAAD792;
inline constexpr uint8_t kIndexHeaderVersion = 1;
inline constexpr size_t kIndexHeaderStart = 4 + 1 + 1 + 8;
inline constexpr size_t kIndexHeaderTocSize = 2 * 8 + tsdb::kCrcSize;
inline constexpr std::string_view kIndexHeaderFile = "index-header";

/// What is kept at hand of an index in a bucket: its table of contents, symbols and postings offset
/// table.
///
/// Thread-safe for const use. Ownership: keeps the header's bytes (usually mapped) alive; memory
/// beside them: 4 bytes for 32 symbols or postings.
struct IndexHeader {
  std::string object;  // the index's name in the bucket
  uint64_t size = 0;   // of the whole index
  tsdb::IndexVersion version = tsdb::IndexVersion::kV2;
  tsdb::IndexToc toc;
  tsdb::Symbols symbols;
  tsdb::PostingsTable postings_table;

  /// Where the section or list that begins at `offset` ends at the latest.
  uint64_t end_of(uint64_t offset) const;
  /// Where a series begins in the index.
  uint64_t offset_of(uint32_t ref) const { return tsdb::series_offset(version, ref); }

  /// Reads a header in Thanos' binary format and checks all of it, checksums included. Errors:
  /// DataLoss, Unimplemented (version); what is wrong with a section is told with its offset in the
  /// index.
  static Result<IndexHeader> parse(std::string object, const Bytes& file);
};

/// Where the section or list of an index of `size` bytes that begins at `offset` ends at the
/// latest.
uint64_t end_of_section(const tsdb::IndexToc& toc, uint64_t size, uint64_t offset);

}  // namespace mnemo
