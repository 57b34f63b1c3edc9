// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
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

 private:
  Bytes content_;
  std::vector<uint32_t> sample_offsets_;  // of every 32nd symbol
  size_t count_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace mnemo::tsdb
