// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/series_table.hpp"

#include <algorithm>

namespace mnemo::tsdb {
namespace {

constexpr size_t kFirstSlots = 64;
constexpr size_t kCacheLine = 64;
/// A series with its slot and what its open chunk takes in the middle.
constexpr uint64_t kSeriesOverhead = sizeof(HeldSeries) + 16 + 512;

}  // namespace

HeldSeries& SeriesTable::expect_next(uint32_t number) {
  // A series must be there before it can tell where its samples go.
  constexpr uint32_t kTailAhead = 3;
  constexpr uint32_t kSeriesAhead = 8;
  if (number + kSeriesAhead < size_) {
    __builtin_prefetch((*this)[number + kTailAhead].tail(), 1);
    const auto* bytes = reinterpret_cast<const char*>(&(*this)[number + kSeriesAhead]);
    for (size_t at = 0; at < sizeof(HeldSeries); at += kCacheLine) {
      __builtin_prefetch(bytes + at, 1);
    }
  }
  return (*this)[number];
}

void SeriesTable::grow() {
  std::vector<Slot> old(std::max(kFirstSlots, slots_.size() * 2));
  old.swap(slots_);
  size_t mask = slots_.size() - 1;
  for (const auto& slot : old) {
    if (slot.number == 0) continue;
    size_t at = slot.hash & mask;
    while (slots_[at].number != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

uint32_t SeriesTable::look_up(const Labels& labels) {
  // At most three of four slots are taken.
  if (size_ + 1 > slots_.size() / 4 * 3) grow();
  auto hash = static_cast<uint32_t>(labels.hash());
  size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at].number != 0; at = (at + 1) & mask) {
    uint32_t number = slots_[at].number - 1;
    if (slots_[at].hash == hash && (*this)[number].labels() == labels) return number;
  }
  if (size_ % kPageSize == 0) pages_.emplace_back().reserve(kPageSize);
  pages_.back().emplace_back(labels);
  slots_[at] = {hash, ++size_};
  held_bytes_ += kSeriesOverhead + labels.memory_bytes();
  return size_ - 1;
}

uint32_t SeriesTable::number_of(const Labels& labels) {
  if (size_ == 0) return last_ = look_up(labels);
  auto& last = (*this)[last_];
  if (last.labels() == labels) return last_;
  if ((*this)[last.next()].labels() == labels) {
    last_ = last.next();
  } else {
    last_ = look_up(labels);
    last.set_next(last_);
  }
  return last_;
}

}  // namespace mnemo::tsdb
