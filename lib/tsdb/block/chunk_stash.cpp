// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/chunk_stash.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace mnemo::tsdb {
namespace {

constexpr size_t kMaxPieceSize = 256 << 10;
constexpr size_t kCrcSize = 4;

}  // namespace

/// Memory for one entry, aligned as an Entry must be.
uint8_t* ChunkStash::take(size_t size) {
  size = (size + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
  if (size > free_size_) {
    free_size_ = std::max(next_size_, size);
    next_size_ = std::min(next_size_ * 2, kMaxPieceSize);
    pieces_.emplace_back(new uint8_t[free_size_]);
    free_ = pieces_.back().get();
  }
  free_size_ -= size;
  held_bytes_ += size;
  return std::exchange(free_, free_ + size);
}

const ChunkStash::Entry* ChunkStash::add(const Entry* before, int64_t min_time, int64_t max_time,
                                         ChunkEncoding encoding, std::span<const uint8_t> data) {
  record_.clear();
  append_chunk_record(record_, encoding, data);
  uint8_t* place = take(sizeof(Entry) + record_.size());
  std::memcpy(place + sizeof(Entry), record_.data(), record_.size());
  return new (place) Entry{before, min_time, max_time, static_cast<uint32_t>(data.size()),
                           static_cast<uint32_t>(record_.size())};
}

void ChunkStash::list(const Entry* last, std::vector<StoredChunk>& chunks) {
  chunks.clear();
  for (const auto* entry = last; entry != nullptr; entry = entry->before) {
    std::span<const uint8_t> record(reinterpret_cast<const uint8_t*>(entry + 1),
                                    entry->record_size);
    auto data = record.subspan(record.size() - kCrcSize - entry->data_size, entry->data_size);
    auto encoding = static_cast<ChunkEncoding>(*(data.data() - 1));
    chunks.push_back({entry->min_time, entry->max_time, {encoding, data, record}});
  }
  std::reverse(chunks.begin(), chunks.end());
}

}  // namespace mnemo::tsdb
