// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace mnemo {

/// Appends the samples of `chunk` that lie within `range` to `out`, in order of time. Counter reset
/// hints are those that Prometheus gives when it reads: unknown for the first sample of a chunk,
/// "not reset" after it, "gauge" in chunks of gauges.
/// On failure `out` keeps what was there before.
/// Errors: DataLoss (says which sample is malformed); Unimplemented (an encoding or a histogram
/// schema that isn't supported); InvalidArgument (an aggregate chunk: split it first, see
/// aggregate.hpp). The caller adds where the chunk comes from.
Status decode_chunk(const Chunk& chunk, TimeRange range, SampleColumn& out);

/// How many samples a raw chunk's header claims, in every encoding but those of histograms with
/// start timestamps. Errors: DataLoss (shorter than its header).
Result<uint32_t> chunk_sample_count(std::span<const uint8_t> data);
/// The same in any encoding that has samples of its own.
Result<uint32_t> chunk_sample_count(const Chunk& chunk);

/// Whether a histogram chunk is of an encoding with start timestamps.
enum class StartTimes : uint8_t { kNone, kStored };

/// The parts of `decode_chunk`, by encoding.
Status decode_xor(std::span<const uint8_t> data, TimeRange range, SampleColumn& out);
Status decode_xor2(std::span<const uint8_t> data, TimeRange range, SampleColumn& out);
Status decode_histograms(std::span<const uint8_t> data, StartTimes start_times, TimeRange range,
                         SampleColumn& out);
Status decode_float_histograms(std::span<const uint8_t> data, StartTimes start_times,
                               TimeRange range, SampleColumn& out);

/// An integer histogram as its chunk holds it.
struct HistogramSample {
  int64_t time = 0;
  Histogram histogram;
  int64_t start_time = 0;  // 0: none
};

/// Appends the samples of a histogram or histogramST chunk within `range`, integers kept.
/// Errors: DataLoss, Unimplemented, InvalidArgument (another encoding).
Status decode_histogram_chunk(const Chunk& chunk, TimeRange range,
                              std::vector<HistogramSample>& out);

}  // namespace mnemo
