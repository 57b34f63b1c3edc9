// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/index/symbols.hpp"

#include <mnemo/block.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Entries of the series section: the labels of a series as symbols, and where its chunks are.
namespace mnemo::tsdb {

/// A label as numbers of symbols (in an entry of version 1: as offsets of symbols).
struct SymbolPair {
  uint32_t name = 0;
  uint32_t value = 0;
};

/// How many bytes the entry that begins with `prefix` takes, length and CRC included; nothing where
/// `prefix` (10 bytes always suffice) is too short to tell or isn't an entry.
std::optional<uint64_t> series_entry_size(std::span<const uint8_t> prefix);

/// The content of the entry at the start of `bytes`, which may go on after it; `offset` is where it
/// lies in the index. Checks the CRC. Errors: DataLoss (also where `bytes` is too short).
Result<std::span<const uint8_t>> series_entry_content(std::span<const uint8_t> bytes,
                                                      uint64_t offset);

/// Decodes an entry's content; `labels` and, unless it is null, `chunks` are replaced, these by
/// those that overlap `range`. Each chunk has min_time <= max_time; that chunks come in order of
/// time is usual but not checked. Errors: DataLoss.
Status decode_series_entry(std::span<const uint8_t> content, uint64_t offset,
                           std::vector<SymbolPair>& labels, std::vector<ChunkMeta>* chunks,
                           TimeRange range = {});

/// Looks up the symbols of one series after the other. Remembers the ones looked up last, as series
/// that are neighbours share most of theirs.
///
/// Not thread-safe. Borrows the symbol table.
class LabelResolver {
 public:
  /// Remembers as many symbols as help with about `series` series, 1,024 at most.
  explicit LabelResolver(const Symbols& symbols, size_t series = kMostRemembered)
      : symbols_(&symbols),
        recent_(std::bit_ceil(std::clamp(series, kFewestRemembered, kMostRemembered))) {}

  /// Replaces `result`, whose storage is reused. `offset` is where the series lies in the index.
  /// Errors: DataLoss (no such symbol, labels out of order).
  Status resolve(std::span<const SymbolPair> labels, uint64_t offset, Labels& result);

  /// From now on `resolve` leaves other labels out. `names`: sorted.
  void need_only(std::vector<std::string> names) { needed_ = std::move(names); }

 private:
  static constexpr size_t kFewestRemembered = 16;
  static constexpr size_t kMostRemembered = 1024;
  struct Recent {
    uint32_t number = 0;
    std::string_view symbol;  // without data where there is none
  };

  /// A symbol that was looked up lately; without data otherwise.
  std::string_view remembered(uint32_t number) const {
    const Recent& recent = recent_[number & (recent_.size() - 1)];
    return recent.number == number ? recent.symbol : std::string_view();
  }
  Result<std::string_view> recall(uint32_t number);
  bool is_needed(std::string_view name) const;

  const Symbols* symbols_;
  std::vector<Recent> recent_;  // by the number's lowest bits; a power of two of them
  std::optional<std::vector<std::string>> needed_;
  LabelsAppender appender_;
};

/// Looks the symbols of a series up. Errors: DataLoss (no such symbol, labels out of order).
Result<Labels> resolve_labels(std::span<const SymbolPair> labels, const Symbols& symbols,
                              uint64_t offset);

}  // namespace mnemo::tsdb
