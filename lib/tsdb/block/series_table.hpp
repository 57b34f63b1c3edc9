// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/block/held_series.hpp"

#include <mnemo/labels.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnemo::tsdb {

/// The series that a block writer holds, found by their labels and numbered as they come.
///
/// Series tend to come in the same order again and again, as scrapes bring them: each remembers
/// which one followed it, and those that came after it at first are fetched into the cache
/// meanwhile. Without that nearly every access to twenty thousand series waits for memory.
///
/// Not thread-safe. Memory: a HeldSeries each and at most 16 bytes. Series never move.
class SeriesTable {
 public:
  HeldSeries& find_or_add(const Labels& labels) { return expect_next(number_of(labels)); }
  uint32_t number_of(const Labels& labels);

  /// The series of a number, after which those with the next numbers are expected.
  HeldSeries& expect_next(uint32_t number);

  size_t size() const { return size_; }
  /// About how much memory the series take, their open chunks included.
  uint64_t held_bytes() const { return held_bytes_; }
  HeldSeries& operator[](uint32_t number) { return pages_[number / kPageSize][number % kPageSize]; }

 private:
  static constexpr uint32_t kPageSize = 32;

  struct Slot {
    uint32_t hash = 0;
    uint32_t number = 0;  // plus one; zero where there is none
  };

  uint32_t look_up(const Labels& labels);
  void grow();

  std::vector<std::vector<HeldSeries>> pages_;
  std::vector<Slot> slots_;  // open addressing
  uint32_t size_ = 0;
  uint32_t last_ = 0;
  uint64_t held_bytes_ = 0;
};

}  // namespace mnemo::tsdb
