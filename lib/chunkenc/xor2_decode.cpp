// SPDX-License-Identifier: Apache-2.0
//
// Decoding of XOR2 chunks in bulk. Bound by the mispredicted branches on a sample's joint control
// bits; one load serves the control bits, the delta of deltas and the value's prefix.
#include "chunkenc/bit_reader.hpp"
#include "chunkenc/column.hpp"
#include "chunkenc/decode.hpp"
#include "chunkenc/start_times.hpp"

#include <mnemo/histogram.hpp>

#include <bit>
#include <string>
#include <vector>

namespace mnemo {
namespace {

constexpr size_t kHeaderSize = 3;  // number of samples, start timestamps

/// The number that `count` bits at the top of `word` stand for, in two's complement.
int64_t top_signed(uint64_t word, unsigned count) {
  return static_cast<int64_t>(word) >> (64 - count);
}

/// The state of a decoder after one of the samples.
class Xor2State {
 public:
  int64_t time() const { return static_cast<int64_t>(time_); }
  uint64_t value() const { return is_stale_ ? kStaleNanBits : value_; }

  /// Reads sample `index`; false when it is malformed or cut off.
  bool read(BitReader& reader, size_t index) {
    if (index >= 2) return read_joint(reader) && !reader.failed();
    if (index == 1) {
      delta_ = reader.uvarint();
      time_ += delta_;
      return read_value(reader) && !reader.failed();
    }
    time_ = static_cast<uint64_t>(reader.varint());
    value_ = reader.bits(64);
    is_stale_ = value_ == kStaleNanBits;
    if (is_stale_) value_ = 0;  // stale markers are no base for what follows
    return !reader.failed();
  }

 private:
  bool read_joint(BitReader& reader) {
    uint64_t word = reader.peek();
    switch (std::countl_one(word)) {
      case 0: return reader.skip(1) && step(0, false);
      case 1:
        time_ += delta_;
        is_stale_ = false;
        reader.skip(3);
        return (word << 2 >> 63) == 0 ? read_change(reader) : read_window(reader);
      case 2:
        return reader.skip(16) && step(top_signed(word << 3, 13), false) && read_value(reader);
      case 3:
        return reader.skip(24) && step(top_signed(word << 4, 20), false) && read_value(reader);
      case 4:
        reader.skip(5);
        return step(static_cast<int64_t>(reader.bits(64)), false) && read_value(reader);
      default: return reader.skip(5) && step(0, true);
    }
  }

  bool step(int64_t change_of_delta, bool is_stale) {
    delta_ += static_cast<uint64_t>(change_of_delta);
    time_ += delta_;
    is_stale_ = is_stale;
    return true;
  }

  /// `0` as before; `10` in the same window; `110` in a new one; `111` a stale marker.
  bool read_value(BitReader& reader) {
    auto ones = std::countl_one(reader.peek());
    is_stale_ = ones >= 3;
    if (ones == 0) return reader.skip(1);
    if (ones == 1) return reader.skip(2) && read_change(reader);
    return reader.skip(3) && (is_stale_ || read_window(reader));
  }

  bool read_window(BitReader& reader) {
    auto bits = static_cast<unsigned>(reader.bits(11));
    unsigned leading = bits >> 6;
    unsigned significant = (bits & 63) == 0 ? 64 : bits & 63;
    if (leading + significant > 64) return false;
    significant_ = significant;
    trailing_ = 64 - leading - significant;
    return read_change(reader);
  }

  bool read_change(BitReader& reader) {
    value_ ^= reader.bits(significant_) << trailing_;
    return true;
  }

  uint64_t time_ = 0;
  uint64_t delta_ = 0;
  uint64_t value_ = 0;  // the last one that is no stale marker
  bool is_stale_ = false;
  unsigned significant_ = 64;
  unsigned trailing_ = 0;
};

/// Appends to `times`, `values` and, where there are any, `start_times`; false when malformed at
/// sample `index`, which counts up.
bool read_samples(BitReader& reader, StartTimeReader starts, size_t count, TimeRange range,
                  SampleColumn& out, size_t& index) {
  Xor2State state;
  bool has_starts = starts.any();
  for (; index < count; ++index) {
    int64_t previous = state.time();
    if (!state.read(reader, index)) return false;
    int64_t start = 0;
    if (has_starts) start = starts.read(reader, index, state.time(), previous);
    if (reader.failed()) return false;
    if (state.time() > range.max) return true;
    if (state.time() < range.min) continue;
    out.times.push_back(state.time());
    out.values.push_back(std::bit_cast<double>(state.value()));
    if (has_starts) out.start_times.push_back(start);
  }
  return true;
}

}  // namespace

Status decode_xor2(std::span<const uint8_t> data, TimeRange range, SampleColumn& out) {
  MNEMO_TRY(size_t count, chunk_sample_count(data));
  if (data.size() < kHeaderSize) {
    return Status::data_loss("XOR2 chunk is shorter than its header");
  }
  BitReader reader(data.subspan(kHeaderSize));
  if (count > reader.remaining()) return Status::data_loss("XOR2 chunk: too many samples");
  StartTimeReader starts(data[StartTimeHeader::kPosition]);
  size_t base = out.size();
  size_t index = 0;
  if (starts.any()) out.start_times.resize(base);
  if (!read_samples(reader, starts, count, range, out, index)) {
    resize_column(out, base);
    return Status::data_loss("XOR2 chunk: sample " + std::to_string(index) + " of " +
                             std::to_string(count) + " is malformed or cut off");
  }
  resize_column(out, out.size());
  return {};
}

}  // namespace mnemo
