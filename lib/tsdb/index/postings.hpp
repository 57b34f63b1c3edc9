// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

/// Lists of references to series, sorted and unique, and the set operations on them. A reference
/// stands for the offset of the series in the index (see `series_offset`); their order is that of
/// the series' labels.
namespace mnemo::tsdb {

using SeriesRef = uint32_t;
using Postings = std::vector<SeriesRef>;

/// Reads a postings list (its length, entries, CRC) at the start of `bytes`, which may go on after
/// it; `offset` is where it lies in the index. Checks CRC and order. Errors: DataLoss.
Result<Postings> parse_postings(std::span<const uint8_t> bytes, uint64_t offset);

Postings intersect(std::span<const SeriesRef> a, std::span<const SeriesRef> b);
/// The elements of `a` that are not in `b`.
Postings subtract(std::span<const SeriesRef> a, std::span<const SeriesRef> b);
Postings unite(std::vector<Postings> lists);

/// A union of lists that come one by one. Lists of one index may all be the same, however many
/// there are, so they are united on the way. Memory: some three times the union.
class PostingsUnion {
 public:
  void add(Postings list);
  Postings take() { return unite(std::move(lists_)); }

  /// How many elements it holds.
  size_t held() const { return held_; }

 private:
  static constexpr size_t kFewest = 1 << 20;

  std::vector<Postings> lists_;
  size_t held_ = 0;
  size_t limit_ = kFewest;
};

bool have_common(std::span<const SeriesRef> a, std::span<const SeriesRef> b);

}  // namespace mnemo::tsdb
