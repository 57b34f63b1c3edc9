// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/symbols.hpp"

#include "tsdb/index/format.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo::tsdb {
namespace {

constexpr size_t kSampling = 32;
constexpr size_t kLengthSize = 4;
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

std::optional<uint32_t> Symbols::find(std::string_view symbol) const {
  auto reader_at = [&](uint32_t offset) { return ByteReader(content_.span().subspan(offset)); };
  auto after = std::upper_bound(sample_offsets_.begin(), sample_offsets_.end(), symbol,
                                [&](std::string_view wanted, uint32_t offset) {
                                  return wanted < reader_at(offset).uvarint_string();
                                });
  if (after == sample_offsets_.begin()) return std::nullopt;
  auto number = static_cast<size_t>(after - sample_offsets_.begin() - 1) * kSampling;
  size_t last = std::min(number + kSampling, count_);
  for (auto reader = reader_at(*(after - 1)); number < last; ++number) {
    if (reader.uvarint_string() == symbol) return static_cast<uint32_t>(number);
  }
  return std::nullopt;
}

Result<uint32_t> Symbols::number_at(uint64_t offset) const {
  uint64_t wanted = offset - offset_ - kLengthSize;  // in content_; wraps where it isn't
  auto after = std::upper_bound(sample_offsets_.begin(), sample_offsets_.end(), wanted);
  if (after != sample_offsets_.begin()) {
    auto number = static_cast<size_t>(after - sample_offsets_.begin() - 1) * kSampling;
    ByteReader reader(content_);
    reader.skip(*(after - 1));
    while (reader.offset() < wanted && ++number < count_) reader.skip(reader.uvarint());
    if (reader.offset() == wanted) return static_cast<uint32_t>(number);
  }
  return Status::data_loss(
      located(kWhat, offset_, fmt::format("no symbol begins at offset {:#x}", offset)));
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
