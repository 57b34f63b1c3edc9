// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

/// The symbol table of an index: sorted strings, referred to by their number.
///
/// Thread-safe for const use. Ownership: keeps its bytes alive; the views it gives live as long.
/// Memory: 4 bytes for 32 symbols; a lookup allocates nothing.
class Symbols {
 public:
  Symbols() = default;

  /// Checks the table's CRC and shape. `section` begins at the table's length field and may go on
  /// after the table; `offset` is where it lies in the index file. Errors: DataLoss.
  static Result<Symbols> open(const Bytes& section, uint64_t offset);

  size_t size() const { return count_; }

  /// Errors: DataLoss (no symbol of that number).
  Result<std::string_view> lookup(uint32_t number) const;

  /// The number of a symbol; nothing where the table hasn't got it.
  std::optional<uint32_t> find(std::string_view symbol) const;

  /// The number of the symbol that begins at this offset of the index file, as version 1 refers to
  /// it. Errors: DataLoss (none begins there).
  Result<uint32_t> number_at(uint64_t offset) const;

  /// Calls `visit(symbol)` for each symbol in the order of their numbers, until it fails; it
  /// returns a Status. Errors: DataLoss (a symbol that doesn't sort after the one before).
  template <typename Visit>
  Status for_each(const Visit& visit) const {
    auto cursor = begin();
    while (cursor.valid()) {
      MNEMO_RETURN_IF_ERROR(visit(cursor.symbol()));
      MNEMO_RETURN_IF_ERROR(cursor.next());
    }
    return {};
  }

  /// Walks over the symbols in order. Borrows the table.
  class Cursor {
   public:
    bool valid() const { return number_ < symbols_->count_; }
    /// REQUIRES: valid(), of these two.
    std::string_view symbol() const { return symbol_; }
    uint32_t number() const { return number_; }
    /// Errors: DataLoss (the next symbol doesn't sort after this one).
    Status next();

   private:
    friend class Symbols;
    explicit Cursor(const Symbols& symbols);
    const Symbols* symbols_;
    ByteReader reader_;
    std::string_view symbol_;
    uint32_t number_ = 0;
  };
  Cursor begin() const { return Cursor(*this); }

 private:
  Bytes content_;
  std::vector<uint32_t> sample_offsets_;  // of every 32nd symbol
  size_t count_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace mnemo::tsdb
