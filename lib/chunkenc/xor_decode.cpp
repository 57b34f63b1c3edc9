// SPDX-License-Identifier: Apache-2.0
//
// Decoding of XOR chunks in bulk. Bound by mispredicted branches on the classes of times and
// values, one unaligned 8-byte load a sample between them. The classes are branches all the same:
// where a sample ends is then guessed, and the next one begins before this one is decoded;
// computing it without a branch makes each sample wait for the one before, which costs more than
// the guesses that fail, even where one timestamp in five has another class. Samples that repeat
// both the delta and the value take two zero bits and are read as one run. Measured by
// bench/chunkenc.cpp.
#include "base/varint.hpp"
#include "chunkenc/bit_reader.hpp"
#include "chunkenc/column.hpp"
#include "chunkenc/decode.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace mnemo {
namespace {

constexpr size_t kHeaderSize = 2;
/// No sample is shorter than two bits.
constexpr size_t kMostSamplesPerByte = 4;
/// No sample is longer than this many bytes: 4 + 64 bits of time, 13 + 64 of value; and a load at
/// its last bit reaches 9 bytes further.
constexpr size_t kReach = 32;

/// The state of a decoder between two samples.
struct XorState {
  int64_t time = 0;
  uint64_t delta = 0;
  uint64_t value = 0;
  unsigned insignificant = 0;  // 64 less the width of the value window
  unsigned trailing = 0;       // bits to the right of it
  size_t position = 0;         // in bits
};

/// Where the samples of one chunk go; only those from `min` to `max` are kept.
struct XorOutput {
  int64_t* times;
  double* values;
  uint64_t filled_with;  // the value that all of `values` from `count` + 1 on have
  size_t count = 0;
  int64_t min;
  int64_t max;

  /// Returns false past the end of the range, unless that is known to hold all samples.
  template <bool kAll>
  bool keep(int64_t time, uint64_t value) {
    if (!kAll && time > max) return false;
    times[count] = time;
    values[count] = std::bit_cast<double>(value);
    count += kAll || time >= min ? 1 : 0;
    return true;
  }

  /// Keeps `run` samples of one value, `step` apart, of which the first is at `first`, if all of
  /// them lie within the range.
  bool keep_run(int64_t first, uint64_t step, size_t run, uint64_t value) {
    constexpr uint64_t kMaxStep = uint64_t{1} << 40;
    if (first < min || step > kMaxStep || first > kMaxTime - (int64_t{1} << 48)) return false;
    int64_t apart = static_cast<int64_t>(step);
    if (first + apart * static_cast<int64_t>(run - 1) > max) return false;
    int64_t* time = times + count;
    for (size_t i = 0; i < run; ++i, first += apart) time[i] = first;
    std::fill_n(values + count, value == filled_with ? 1 : run, std::bit_cast<double>(value));
    count += run;
    return true;
  }
};

/// How many samples of two zero bits, which repeat the delta and the value, stand at `position`,
/// of which `word` was loaded, if they are enough to make a run.
inline size_t repeated_samples(const uint8_t* data, uint64_t word, size_t position,
                               size_t last_start) {
  constexpr uint64_t kFewest = 8;
  constexpr size_t kLoaded = 56;  // whole samples that a load has at any position
  if ((word >> (64 - 2 * kFewest)) != 0) return 0;
  size_t zeros = 0;
  for (;;) {
    size_t more = std::min<size_t>(static_cast<size_t>(std::countl_zero(word)), kLoaded);
    zeros += more;
    if (more < kLoaded || position + zeros > last_start) break;
    word = load_bits(data, position + zeros);
  }
  return std::min(zeros / 2, (last_start - position) / 2 + 1);
}

/// The delta of deltas in one of the rarer classes; `word` begins with 11.
inline int64_t rare_delta_of_deltas(const uint8_t* data, uint64_t word, size_t& position) {
  if ((word >> 61) == 6) {
    position += 20;
    return sign_extend(word << 3 >> 47, 17);
  }
  if ((word >> 60) == 14) {
    position += 24;
    return sign_extend(word << 4 >> 44, 20);
  }
  auto wide = static_cast<int64_t>(load_bits(data, position + 4));
  position += 68;
  return wide;
}

/// Reads a value at `state.position`, of which `word` holds at least 41 valid bits. Returns false
/// when its window is impossible.
inline bool read_value(const uint8_t* data, uint64_t word, XorState& state) {
  if ((word >> 63) == 0) {
    state.position += 1;
    return true;
  }
  unsigned prefix = 2;
  if ((word >> 62) == 3) {
    auto leading = static_cast<unsigned>(word >> 57 & 31);
    auto significant = static_cast<unsigned>(word >> 51 & 63);
    if (significant == 0) significant = 64;
    if (leading + significant > 64) return false;
    state.insignificant = 64 - significant;
    state.trailing = 64 - leading - significant;
    prefix = 13;
  }
  uint64_t window = state.insignificant >= prefix + 23 ? word << prefix
                                                       : load_bits(data, state.position + prefix);
  state.value ^= window >> state.insignificant << state.trailing;
  state.position += prefix + 64 - state.insignificant;
  return true;
}

enum class Outcome { kGoOn, kMalformed, kPastRange };

/// Decodes up to `all_wanted` samples that begin no later than bit `last_start`; counts that down.
/// REQUIRES: kReach readable bytes after each such position.
template <bool kAll>
Outcome decode_run(const uint8_t* data, size_t last_start, XorState& state, size_t& all_wanted,
                   XorOutput& all_output) {
  // Copies, which the stores of samples can't be thought to change: they stay in registers.
  XorState s = state;
  XorOutput output = all_output;
  size_t wanted = all_wanted;
  Outcome outcome = Outcome::kGoOn;
  while (wanted > 0 && s.position <= last_start) {
    uint64_t word = load_be64(data + (s.position >> 3)) << (s.position & 7);
    if (size_t run = repeated_samples(data, word, s.position, last_start); run != 0) [[unlikely]] {
      run = std::min(run, wanted);
      auto first = static_cast<int64_t>(static_cast<uint64_t>(s.time) + s.delta);
      if (output.keep_run(first, s.delta, run, s.value)) {
        s.time = first + static_cast<int64_t>(s.delta * (run - 1));
        s.position += 2 * run;
        wanted -= run;
        continue;
      }
    }
    if ((word >> 63) == 0) {
      s.position += 1;
      word <<= 1;
    } else if ((word >> 62) != 3) [[likely]] {
      uint64_t raw = word >> 48 & 0x3fff;
      raw -= static_cast<uint64_t>(raw > 0x2000) << 14;
      s.delta += raw;
      s.position += 16;
      word <<= 16;
    } else {
      s.delta += static_cast<uint64_t>(rare_delta_of_deltas(data, word, s.position));
      word = load_bits(data, s.position);
    }
    s.time = static_cast<int64_t>(static_cast<uint64_t>(s.time) + s.delta);
    if (!read_value(data, word, s)) {
      outcome = Outcome::kMalformed;
      break;
    }
    --wanted;
    if (!output.keep<kAll>(s.time, s.value)) {
      outcome = Outcome::kPastRange;
      break;
    }
  }
  state = s;
  all_output = output;
  all_wanted = wanted;
  return outcome;
}

/// Decodes up to bit `last_start` whatever part of the samples the range holds.
Outcome decode_run(const uint8_t* data, size_t last_start, XorState& state, size_t& wanted,
                   XorOutput& output) {
  bool all = output.min == kMinTime && output.max == kMaxTime;
  return all ? decode_run<true>(data, last_start, state, wanted, output)
             : decode_run<false>(data, last_start, state, wanted, output);
}

/// Decodes what remains near the end of the chunk over a padded copy, since the bytes after the
/// chunk may not be there.
Outcome decode_tail(std::span<const uint8_t> data, XorState& state, size_t& wanted,
                    XorOutput& output) {
  uint8_t padded[3 * kReach] = {};
  size_t first = state.position >> 3;
  size_t length = data.size() - first;
  std::memcpy(padded, data.data() + first, length);
  state.position &= 7;
  size_t end = length * 8;
  size_t kept = output.count;
  auto outcome = decode_run(padded, end, state, wanted, output);
  bool is_cut_off = state.position > end || (outcome == Outcome::kGoOn && wanted > 0);
  if (outcome == Outcome::kMalformed || !is_cut_off) return outcome;
  output.count = kept;
  wanted += state.position > end ? 1 : 0;  // the last one that was counted
  return Outcome::kMalformed;
}

Status malformed(size_t sample, size_t count) {
  return Status::data_loss("XOR chunk: sample " + std::to_string(sample) + " of " +
                           std::to_string(count) + " is malformed or cut off");
}

/// The first sample, all of whole bytes.
bool read_first(ByteReader& reader, XorState& state) {
  state.time = reader.varint();
  state.value = reader.be64();
  state.position = reader.offset() * 8;
  return !reader.failed();
}

/// The second, whose time is of whole bytes.
bool read_second(ByteReader& reader, std::span<const uint8_t> data, XorState& state) {
  state.delta = reader.uvarint();
  state.time = static_cast<int64_t>(static_cast<uint64_t>(state.time) + state.delta);
  uint8_t padded[kReach] = {};
  std::memcpy(padded, data.data() + reader.offset(), std::min(reader.remaining(), kReach - 9));
  state.position = 0;
  bool good = !reader.failed() && read_value(padded, load_bits(padded, 0), state) &&
              state.position <= reader.remaining() * 8;
  state.position += reader.offset() * 8;
  return good;
}

/// Decodes the samples after the first; counts `wanted` down.
Outcome decode_rest(ByteReader& reader, std::span<const uint8_t> data, XorState& state,
                    size_t& wanted, XorOutput& output) {
  if (wanted == 0) return Outcome::kGoOn;
  if (!read_second(reader, data, state)) return Outcome::kMalformed;
  --wanted;
  if (!output.keep<false>(state.time, state.value)) return Outcome::kPastRange;
  auto outcome = Outcome::kGoOn;
  if (wanted > 0 && data.size() > kReach) {
    outcome = decode_run(data.data(), (data.size() - kReach) * 8, state, wanted, output);
  }
  if (outcome != Outcome::kGoOn || wanted == 0) return outcome;
  return decode_tail(data, state, wanted, output);
}

}  // namespace

Status decode_xor(std::span<const uint8_t> data, TimeRange range, SampleColumn& out) {
  MNEMO_TRY(size_t count, chunk_sample_count(data));
  if (count == 0) return {};
  if (count > data.size() * kMostSamplesPerByte) return malformed(data.size(), count);
  ByteReader reader(data);
  reader.skip(kHeaderSize);
  XorState state;
  if (!read_first(reader, state)) return malformed(0, count);
  size_t base = out.times.size();
  out.times.resize(base + count);
  // Filled with what the samples are most likely to be, so that runs of it need not be stored.
  out.values.resize(base + count, std::bit_cast<double>(state.value));
  XorOutput output{
      out.times.data() + base, out.values.data() + base, state.value, 0, range.min, range.max};
  size_t wanted = count - 1;
  bool goes_on = output.keep<false>(state.time, state.value);
  auto outcome = goes_on ? decode_rest(reader, data, state, wanted, output) : Outcome::kPastRange;
  bool failed = outcome == Outcome::kMalformed;
  resize_column(out, base + (failed ? 0 : output.count));
  if (failed) return malformed(count - wanted, count);
  return {};
}

}  // namespace mnemo
