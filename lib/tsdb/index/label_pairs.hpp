// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"
#include "tsdb/index/series.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mnemo::tsdb {

/// Whether a series' labels come before another's; numbers of symbols sort as the symbols do.
inline bool precedes(std::span<const SymbolPair> a, std::span<const SymbolPair> b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(), [](const SymbolPair& x, const SymbolPair& y) {
        return x.name != y.name ? x.name < y.name : x.value < y.value;
      });
}

/// Which label pairs the series of an index have: from it the postings lists are made once all
/// series are known.
///
/// Not thread-safe. Memory: some 20 bytes a pair; a byte for each label of a series that the series
/// before it has too (most, as series come sorted), up to five for another.
class LabelPairs {
 public:
  struct Pair {
    SymbolPair label;
    uint32_t count = 0;  // of series that have it
    uint32_t next = 0;   // the next of the same bucket plus one, or zero
  };

  void add_series(std::span<const SymbolPair> labels);

  size_t size() const { return pairs_.size(); }
  const Pair& operator[](uint32_t number) const { return pairs_[number]; }

  /// The pairs' numbers in the order of names, then values.
  std::vector<uint32_t> sorted() const;

  /// Calls `visit(series, pair)` for each label of each series, in the order in which they came.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    std::vector<uint32_t> last;
    ByteReader reader({reinterpret_cast<const uint8_t*>(series_.data()), series_.size()});
    for (size_t series = 0; !reader.done(); ++series) {
      size_t count = reader.uvarint();
      last.resize(count);
      for (auto& pair : last) {
        uint64_t written = reader.uvarint();
        if (written != 0) pair = static_cast<uint32_t>(written - 1);
        visit(series, pair);
      }
    }
  }

 private:
  uint32_t find_or_add(SymbolPair label);
  void grow();
  void link(uint32_t number);

  std::vector<Pair> pairs_;
  std::vector<uint32_t> buckets_;  // the number of a first pair plus one, or zero
  std::vector<uint32_t> last_;     // the pairs of the series added last
  std::string series_;  // of each: how many labels; per label zero for the pair that the series
                        // before it has there, or the pair's number plus one
};

}  // namespace mnemo::tsdb
