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

/// The same, appended to `postings`, which then may need `sort_unique`.
Status append_postings(std::span<const uint8_t> bytes, uint64_t offset, Postings& postings);

Postings intersect(std::span<const SeriesRef> a, std::span<const SeriesRef> b);
/// The elements of `a` that are not in `b`.
Postings subtract(std::span<const SeriesRef> a, std::span<const SeriesRef> b);
Postings unite(std::vector<Postings> lists);
/// Sorts references, and keeps each once.
void sort_unique(Postings& postings);
bool have_common(std::span<const SeriesRef> a, std::span<const SeriesRef> b);

}  // namespace mnemo::tsdb
