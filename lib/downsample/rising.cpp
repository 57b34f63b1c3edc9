// SPDX-License-Identifier: Apache-2.0
#include "downsample/rising.hpp"

#include "chunkenc/chunker.hpp"
#include "chunkenc/column.hpp"
#include "chunkenc/decode.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace mnemo::downsample {
namespace {

// Conditions as the sign of a number, which is negative where they hold: every processor does that
// for several numbers at once, while comparing 64 bits is beyond the oldest.

inline int64_t is_less(int64_t a, int64_t b) {
  auto x = static_cast<uint64_t>(a);
  auto y = static_cast<uint64_t>(b);
  uint64_t difference = x - y;
  return static_cast<int64_t>(difference ^ ((x ^ y) & (difference ^ x)));
}

inline int64_t is_nan(double value) {
  constexpr int64_t kInfinity = 0x7ff0'0000'0000'0000;
  return kInfinity - (std::bit_cast<int64_t>(value) & std::numeric_limits<int64_t>::max());
}

/// Whether all are numbers and rise: one pass without a branch a sample.
bool rise_as_numbers(const SampleColumn& samples, size_t first) {
  if (first == samples.size()) return true;
  const int64_t* times = samples.times.data();
  const double* values = samples.values.data();
  int64_t all_rise = first == 0 ? -1 : is_less(times[first - 1], times[first]);
  int64_t any_nan = is_nan(values[first]);
  for (size_t i = first + 1; i < samples.size(); ++i) {
    all_rise &= is_less(times[i - 1], times[i]);
    any_nan |= is_nan(values[i]);
  }
  return all_rise < 0 && any_nan >= 0;
}

Status decode(const Chunk& chunk, SampleKind kind, SampleColumn& out) {
  auto found = sample_kind(chunk.encoding);
  if (found == SampleKind::kHistogram) found = SampleKind::kFloatHistogram;
  if (found != kind) {
    return Status::data_loss("a part with the unexpected chunk encoding " +
                             std::to_string(static_cast<int>(chunk.encoding)));
  }
  return decode_chunk(chunk, TimeRange(), out);
}

Status append_rising(const Chunk& chunk, SampleKind kind, SampleColumn& out) {
  size_t first = out.size();
  MNEMO_RETURN_IF_ERROR(decode(chunk, kind, out));
  keep_rising(out, first);
  return {};
}

}  // namespace

bool keep_rising(SampleColumn& samples, size_t first) {
  if (rise_as_numbers(samples, first)) return true;
  bool all_numbers = true;
  size_t kept = first;
  for (size_t i = first; i < samples.size(); ++i) {
    if (is_stale_nan(samples.values[i])) continue;
    if (kept > 0 && samples.times[i] <= samples.times[kept - 1]) continue;
    samples.times[kept] = samples.times[i];
    samples.values[kept] = samples.values[i];
    if (samples.has_histograms()) samples.histograms[kept] = std::move(samples.histograms[i]);
    all_numbers &= !std::isnan(samples.values[i]);
    ++kept;
  }
  resize_column(samples, kept);
  return all_numbers;
}

Status decode_floats(const Chunk& chunk, SampleColumn& out) {
  return decode(chunk, SampleKind::kFloat, out);
}

Status append_rising_floats(const Chunk& chunk, SampleColumn& out) {
  return append_rising(chunk, SampleKind::kFloat, out);
}

Status append_rising_histograms(const Chunk& chunk, SampleColumn& out) {
  return append_rising(chunk, SampleKind::kFloatHistogram, out);
}

}  // namespace mnemo::downsample
