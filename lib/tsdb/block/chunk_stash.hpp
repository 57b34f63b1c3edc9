// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/chunks/record.hpp"

#include <mnemo/chunk.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mnemo::tsdb {

/// Finished chunks of many series, held as the records that they will be in a segment, in large
/// pieces of memory; those of one series are a list.
///
/// Not thread-safe. Ownership: what is added lives as long as the stash.
/// Memory: the records and 32 bytes each.
class ChunkStash {
 public:
  /// A chunk and the one before it in its series, if any.
  struct Entry {
    const Entry* before;
    int64_t min_time;
    int64_t max_time;
    uint32_t data_size;
    uint32_t record_size;
    // The record follows.
  };

  /// Adds a chunk. Its data is shorter than 4 GiB.
  const Entry* add(const Entry* before, int64_t min_time, int64_t max_time, ChunkEncoding encoding,
                   std::span<const uint8_t> data);

  /// What its entries take.
  uint64_t held_bytes() const { return held_bytes_; }

  /// Replaces `chunks` by those of the list that ends with `last`, in the order in which they came.
  static void list(const Entry* last, std::vector<StoredChunk>& chunks);

 private:
  uint8_t* take(size_t size);

  std::vector<std::unique_ptr<uint8_t[]>> pieces_;
  uint8_t* free_ = nullptr;
  size_t free_size_ = 0;
  size_t next_size_ = 4 << 10;  // of a piece
  uint64_t held_bytes_ = 0;
  std::string record_;
};

}  // namespace mnemo::tsdb
