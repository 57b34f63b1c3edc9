// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chunkenc/bit_reader.hpp"
#include "chunkenc/bit_writer.hpp"

#include <mnemo/histogram.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnemo {

/// What all histograms of one chunk have in common.
struct HistogramLayout {
  int32_t schema = 0;
  double zero_threshold = 0;
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<double> custom_values;
  size_t positive_buckets = 0;  // the sums of the spans' lengths
  size_t negative_buckets = 0;

  /// Copies the layout into a histogram, its buckets excepted.
  template <typename AnyHistogram>
  void apply_to(AnyHistogram& histogram) const {
    histogram.schema = schema;
    histogram.zero_threshold = zero_threshold;
    histogram.positive_spans = positive_spans;
    histogram.negative_spans = negative_spans;
    histogram.custom_values = custom_values;
  }
};

/// The layout of one histogram.
template <typename AnyHistogram>
HistogramLayout layout_of(const AnyHistogram& histogram) {
  HistogramLayout layout;
  layout.schema = histogram.schema;
  layout.zero_threshold = histogram.zero_threshold;
  layout.positive_spans = histogram.positive_spans;
  layout.negative_spans = histogram.negative_spans;
  layout.custom_values = histogram.custom_values;
  layout.positive_buckets = histogram.positive_buckets.size();
  layout.negative_buckets = histogram.negative_buckets.size();
  return layout;
}

/// Whether chunks can be read that have this schema: -9 to 8, or custom buckets.
bool is_known_schema(int64_t schema);

void write_histogram_layout(BitWriter& out, const HistogramLayout& layout);

/// Reads the layout at the start of a histogram chunk's bits; no count in it is larger than what
/// the remaining bits can hold, so that it may size buffers.
/// Errors: DataLoss; Unimplemented (schemas beyond Prometheus' -9 to 8 and custom buckets).
Result<HistogramLayout> read_histogram_layout(BitReader& reader);

/// The hint of sample `index` of a chunk with this header byte, as Prometheus gives it on reading.
CounterResetHint hint_on_reading(uint8_t chunk_flags, size_t index);

/// A number as the difference of its bits to those of the number before it.
class XorNumber {
 public:
  void start(double value) { value_ = std::bit_cast<uint64_t>(value); }
  /// Reads the next number; false when its window is impossible.
  bool read(BitReader& reader);
  double value() const { return std::bit_cast<double>(value_); }

 private:
  uint64_t value_ = 0;
  uint8_t significant_ = 64;
  uint8_t trailing_ = 0;
};

}  // namespace mnemo
