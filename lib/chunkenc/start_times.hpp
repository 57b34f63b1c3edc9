// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_reader.hpp"
#include "chunkenc/bit_writer.hpp"

#include <cstddef>
#include <cstdint>

namespace mnemo {

/// Start timestamps in the bits of a chunk, as XOR2, histogramST and floathistogramST have them.
/// The third byte of such a chunk says whether the first sample has one (bit 7), and from which
/// sample on (bits 0 to 6; 0: none) each sample is followed by one: first the distance from the
/// sample before, then the changes of that distance. Until then all samples share the first one's.
struct StartTimeHeader {
  static constexpr uint8_t kFirstKnown = 0x80;
  static constexpr uint8_t kMaxChangesFrom = 0x7f;
  /// Where the header is in the chunk.
  static constexpr size_t kPosition = 2;
};

/// Reads them; `read` follows each sample.
class StartTimeReader {
 public:
  explicit StartTimeReader(uint8_t header)
      : first_known_((header & StartTimeHeader::kFirstKnown) != 0),
        changes_from_(header & StartTimeHeader::kMaxChangesFrom) {}

  /// Whether the chunk holds any.
  bool any() const { return first_known_ || changes_from_ != 0; }

  /// The start timestamp of sample `index` (0: none), whose time and whose predecessor's are given.
  int64_t read(BitReader& reader, size_t index, int64_t time, int64_t previous_time) {
    if (index == 0) {
      if (first_known_) start_ = minus(time, static_cast<uint64_t>(reader.varint()));
    } else if (changes_from_ != 0 && index >= changes_from_) {
      distance_ += static_cast<uint64_t>(reader.varbit_int());
      start_ = minus(previous_time, distance_);
    }
    return start_;
  }

 private:
  static int64_t minus(int64_t time, uint64_t distance) {
    return static_cast<int64_t>(static_cast<uint64_t>(time) - distance);
  }

  bool first_known_;
  uint8_t changes_from_;
  int64_t start_ = 0;
  uint64_t distance_ = 0;
};

/// Writes them; `write` follows each sample.
class StartTimeWriter {
 public:
  void write(BitWriter& writer, size_t index, int64_t time, int64_t previous_time, int64_t start) {
    if (index == 0) {
      write_first(writer, time, start);
    } else if (header_changes() != 0) {
      write_distance(writer, previous_time, start);
    } else if (start != start_ || index == StartTimeHeader::kMaxChangesFrom) {
      header_ |= static_cast<uint8_t>(index);
      write_distance(writer, previous_time, start);
    }
    start_ = start;
  }

  uint8_t header() const { return header_; }

 private:
  uint8_t header_changes() const { return header_ & StartTimeHeader::kMaxChangesFrom; }

  void write_first(BitWriter& writer, int64_t time, int64_t start) {
    if (start == 0) return;
    header_ = StartTimeHeader::kFirstKnown;
    writer.varint(static_cast<int64_t>(static_cast<uint64_t>(time) - static_cast<uint64_t>(start)));
  }

  void write_distance(BitWriter& writer, int64_t previous_time, int64_t start) {
    uint64_t distance = static_cast<uint64_t>(previous_time) - static_cast<uint64_t>(start);
    writer.varbit_int(static_cast<int64_t>(distance - distance_));
    distance_ = distance;
  }

  uint8_t header_ = 0;
  int64_t start_ = 0;
  uint64_t distance_ = 0;
};

}  // namespace mnemo
