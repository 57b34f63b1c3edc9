// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/format.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"

#include <fmt/format.h>

#include <string>

namespace mnemo::tsdb {
namespace {

constexpr size_t kLengthSize = 4;

Status check_inside(uint64_t section, uint64_t toc_offset, std::string_view what) {
  if (section == 0 || (section >= kIndexHeaderSize && section <= toc_offset)) return {};
  return Status::data_loss(
      located("table of contents", toc_offset,
              fmt::format("{} at {:#x} is outside of the index", what, section)));
}

}  // namespace

std::string located(std::string_view what, uint64_t offset, std::string_view reason) {
  return fmt::format("{} at offset {:#x}: {}", what, offset, reason);
}

Result<IndexVersion> parse_index_header(std::span<const uint8_t> start) {
  if (start.size() < kIndexHeaderSize) {
    return Status::data_loss(located("header", 0, "the file is too short"));
  }
  if (uint32_t magic = load_be32(start.data()); magic != kIndexMagic) {
    return Status::data_loss(located("header", 0, fmt::format("bad magic number {:#x}", magic)));
  }
  auto version = static_cast<IndexVersion>(start[4]);
  if (version != IndexVersion::kV1 && version != IndexVersion::kV2) {
    return Status::unimplemented(
        located("header", 4, fmt::format("index version {} is not supported", start[4])));
  }
  return version;
}

Result<IndexToc> parse_toc(std::span<const uint8_t> toc, uint64_t index_size) {
  if (toc.size() != kTocSize || index_size < kIndexHeaderSize + kTocSize) {
    return Status::data_loss(located("table of contents", 0, "the file is too short"));
  }
  uint64_t offset = index_size - kTocSize;
  auto content = toc.first(kTocSize - kCrcSize);
  if (crc32c(content) != load_be32(toc.data() + content.size())) {
    return Status::data_loss(located("table of contents", offset, "CRC mismatch"));
  }
  ByteReader reader(content);
  IndexToc result;
  struct Section {
    uint64_t* place;
    std::string_view what;
  };
  const Section sections[] = {{&result.symbols, "symbol table"},
                              {&result.series, "series"},
                              {&result.label_indices, "label indices"},
                              {&result.label_offset_table, "label offset table"},
                              {&result.postings, "postings"},
                              {&result.postings_offset_table, "postings offset table"}};
  for (const auto& [place, what] : sections) {
    *place = reader.be64();
    MNEMO_RETURN_IF_ERROR(check_inside(*place, offset, what));
  }
  return result;
}

Result<std::span<const uint8_t>> section_content(std::span<const uint8_t> bytes, uint64_t offset,
                                                 std::string_view what) {
  if (bytes.size() < kLengthSize) return Status::data_loss(located(what, offset, "cut off"));
  uint64_t length = load_be32(bytes.data());
  if (length + kLengthSize + kCrcSize > bytes.size()) {
    return Status::data_loss(
        located(what, offset, fmt::format("its {} bytes reach past the end", length)));
  }
  auto content = bytes.subspan(kLengthSize, length);
  if (crc32c(content) != load_be32(content.data() + length)) {
    return Status::data_loss(located(what, offset, "CRC mismatch"));
  }
  return content;
}

Result<Bytes> section_content(const Bytes& bytes, uint64_t offset, std::string_view what) {
  MNEMO_TRY(auto content, section_content(bytes.span(), offset, what));
  return bytes.slice(kLengthSize, content.size());
}

}  // namespace mnemo::tsdb
