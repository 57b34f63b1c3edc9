// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/symbols.hpp"

#include "tsdb/index/format.hpp"

#include <fmt/format.h>

namespace mnemo::tsdb {
namespace {

constexpr size_t kSampling = 32;
constexpr std::string_view kWhat = "symbol table";

}  // namespace

Result<Symbols> Symbols::open(const Bytes& section, uint64_t offset) {
  Symbols result;
  result.offset_ = offset;
  MNEMO_TRY(result.content_, section_content(section, offset, kWhat));
  ByteReader reader(result.content_);
  size_t count = reader.be32();
  if (count > reader.remaining()) {
    return Status::data_loss(located(kWhat, offset, "more symbols than bytes"));
  }
  result.sample_offsets_.reserve(count / kSampling + 1);
  for (size_t i = 0; i < count; ++i) {
    if (i % kSampling == 0)
      result.sample_offsets_.push_back(static_cast<uint32_t>(reader.offset()));
    reader.skip(reader.uvarint());
  }
  if (reader.failed()) return Status::data_loss(located(kWhat, offset, "a symbol is cut off"));
  result.count_ = count;
  return result;
}

Result<std::string_view> Symbols::lookup(uint32_t number) const {
  if (number >= count_) {
    return Status::data_loss(
        located(kWhat, offset_, fmt::format("no symbol {} among {}", number, count_)));
  }
  ByteReader reader(content_.span().subspan(sample_offsets_[number / kSampling]));
  for (size_t i = number % kSampling; i > 0; --i) reader.skip(reader.uvarint());
  return reader.uvarint_string();
}

Symbols::Cursor::Cursor(const Symbols& symbols)
    : symbols_(&symbols), reader_(symbols.content_.span()) {
  reader_.be32();  // the count
  symbol_ = reader_.uvarint_string();
}

Status Symbols::Cursor::next() {
  ++number_;
  if (!valid()) return {};
  auto last = symbol_;
  symbol_ = reader_.uvarint_string();
  if (last < symbol_) return {};
  return Status::data_loss(
      located(kWhat, symbols_->offset_, fmt::format("symbol {} out of order", number_)));
}

}  // namespace mnemo::tsdb
