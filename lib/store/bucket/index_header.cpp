// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/index_header.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

constexpr std::string_view kWhat = "index-header";

struct HeaderToc {
  uint64_t symbols = 0;
  uint64_t table = 0;
  uint64_t end = 0;  // of the copied table, which ends with the index's own table of contents
};

Result<HeaderToc> parse_header_toc(std::span<const uint8_t> file) {
  if (file.size() < kIndexHeaderStart + tsdb::kTocSize + kIndexHeaderTocSize) {
    return Status::data_loss(tsdb::located(kWhat, file.size(), "is too short"));
  }
  HeaderToc toc;
  toc.end = file.size() - kIndexHeaderTocSize;
  ByteReader reader(file.subspan(toc.end));
  toc.symbols = reader.be64();
  toc.table = reader.be64();
  if (crc32c(file.subspan(toc.end, 16)) != reader.be32()) {
    return Status::data_loss(tsdb::located(kWhat, toc.end, "CRC mismatch"));
  }
  bool ordered = toc.symbols == kIndexHeaderStart && toc.symbols <= toc.table &&
                 toc.table <= toc.end && toc.end - toc.table >= tsdb::kTocSize;
  if (!ordered) return Status::data_loss(tsdb::located(kWhat, toc.end, "sections out of order"));
  return toc;
}

}  // namespace

uint64_t end_of_section(const tsdb::IndexToc& toc, uint64_t size, uint64_t offset) {
  uint64_t end = size - tsdb::kTocSize;
  for (uint64_t start : {toc.symbols, toc.series, toc.label_indices, toc.label_offset_table,
                         toc.postings, toc.postings_offset_table}) {
    if (start > offset) end = std::min(end, start);
  }
  return end;
}

uint64_t IndexHeader::end_of(uint64_t offset) const { return end_of_section(toc, size, offset); }

Result<IndexHeader> IndexHeader::parse(std::string object, const Bytes& file) {
  MNEMO_TRY(auto own, parse_header_toc(file));
  ByteReader start(file);
  if (start.be32() != kIndexHeaderMagic) {
    return Status::data_loss(tsdb::located(kWhat, 0, "bad magic number"));
  }
  if (start.u8() != kIndexHeaderVersion) {
    return Status::unimplemented(tsdb::located(kWhat, 4, "unknown version"));
  }
  uint8_t version = start.u8();
  if (version != 1 && version != 2) {
    return Status::unimplemented(tsdb::located(kWhat, 5, "unknown version of the index"));
  }
  IndexHeader header;
  header.object = std::move(object);
  header.version = static_cast<tsdb::IndexVersion>(version);
  uint64_t table = start.be64();
  uint64_t table_size = own.end - own.table;
  header.size = table + table_size;
  if (header.size < table) {
    return Status::data_loss(tsdb::located(kWhat, 6, "offset of the postings offset table"));
  }
  auto index_toc = file.span().subspan(own.end - tsdb::kTocSize, tsdb::kTocSize);
  MNEMO_TRY(header.toc, tsdb::parse_toc(index_toc, header.size));
  if (header.toc.postings_offset_table != table) {
    return Status::data_loss(tsdb::located(kWhat, 6, "disagrees with the table of contents"));
  }
  uint64_t symbols = header.toc.symbols;
  MNEMO_TRY(header.symbols,
            tsdb::Symbols::open(file.slice(own.symbols, own.table - own.symbols), symbols));
  MNEMO_TRY(header.postings_table,
            tsdb::PostingsTable::open(file.slice(own.table, table_size - tsdb::kTocSize), table,
                                      header.version));
  return header;
}

}  // namespace mnemo
