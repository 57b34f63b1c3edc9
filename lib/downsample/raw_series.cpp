// SPDX-License-Identifier: Apache-2.0
#include "downsample/series.hpp"

#include "chunkenc/chunker.hpp"
#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_layout.hpp"
#include "downsample/float_aggregates.hpp"
#include "downsample/histogram_aggregates.hpp"
#include "downsample/rising.hpp"
#include "downsample/windows.hpp"
#include "tsdb/block/samples.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace mnemo::downsample {
namespace {

/// Raw samples are taken to be this far apart when chunks are planned.
constexpr int64_t kRawResolution = 60 * 1000;

/// Samples of one kind, one after the other.
class Run {
 public:
  Run(int64_t resolution, SampleColumn& scratch) : resolution_(resolution), samples_(scratch) {
    samples_.clear();
  }

  Status append(const Chunk& chunk, std::span<const TimeRange> deleted) {
    size_t first = samples_.size();
    MNEMO_RETURN_IF_ERROR(decode_chunk(chunk, TimeRange(), samples_));
    tsdb::remove_ranges(samples_, first, deleted);
    all_numbers_ &= keep_rising(samples_, first);
    return {};
  }

  /// Aggregates what there is, and begins anew.
  Status finish(std::vector<Chunk>& out) {
    if (samples_.empty()) return {};
    TimeRange range{samples_.times.front(), samples_.times.back()};
    size_t chunks = target_chunk_count(range, kRawResolution, resolution_, samples_.size());
    size_t batch = samples_.size() / chunks + 1;
    for (size_t first = 0; first < samples_.size();) {
      size_t last = end_of_window(std::min(first + batch, samples_.size()));
      MNEMO_RETURN_IF_ERROR(aggregate(first, last, out));
      first = last;
    }
    samples_.clear();
    all_numbers_ = true;
    return {};
  }

 private:
  /// A batch ends with a window.
  size_t end_of_window(size_t last) const {
    int64_t end = window_end(samples_.times[last - 1], resolution_);
    auto first_after = std::upper_bound(samples_.times.begin() + static_cast<std::ptrdiff_t>(last),
                                        samples_.times.end(), end);
    return static_cast<size_t>(first_after - samples_.times.begin());
  }

  Status aggregate(size_t first, size_t last, std::vector<Chunk>& out) {
    size_t count = drop_nans(first, last);
    if (count == 0) return {};
    auto times = std::span<const int64_t>(samples_.times).subspan(first, count);
    if (samples_.has_histograms()) {
      auto histograms = std::span(std::as_const(samples_.histograms)).subspan(first, count);
      return aggregate_histograms(times, histograms, resolution_, out);
    }
    auto values = std::span<const double>(samples_.values).subspan(first, count);
    out.push_back(aggregate_floats(times, values, resolution_));
    return {};
  }

  /// Moves those of some samples that are numbers together; says how many.
  size_t drop_nans(size_t first, size_t last) {
    if (all_numbers_) return last - first;
    size_t kept = first;
    for (size_t i = first; i < last; ++i) {
      if (std::isnan(samples_.values[i])) continue;
      if (kept != i) {
        samples_.times[kept] = samples_.times[i];
        samples_.values[kept] = samples_.values[i];
        if (samples_.has_histograms()) samples_.histograms[kept] = samples_.histograms[i];
      }
      ++kept;
    }
    return kept - first;
  }

  int64_t resolution_;
  SampleColumn& samples_;
  bool all_numbers_ = true;
};

}  // namespace

Result<AggregateKind> kind_of(const Chunk& chunk) {
  constexpr size_t kHistogramHeaderSize = 3;
  switch (sample_kind(chunk.encoding)) {
    case SampleKind::kFloat: return AggregateKind::kFloats;
    case SampleKind::kHistogram:
    case SampleKind::kFloatHistogram: break;
    case SampleKind::kNone:
      return Status::data_loss("unexpected chunk encoding " +
                               std::to_string(static_cast<int>(chunk.encoding)));
  }
  MNEMO_TRY(uint32_t count, chunk_sample_count(chunk));
  if (count == 0) return AggregateKind::kHistograms;
  BitReader reader(chunk.data.span().subspan(std::min(chunk.data.size(), kHistogramHeaderSize)));
  MNEMO_TRY(auto layout, read_histogram_layout(reader));
  return layout.schema == kCustomBucketsSchema ? AggregateKind::kCustomHistograms
                                               : AggregateKind::kHistograms;
}

Status downsample_raw(std::span<const Chunk> chunks, std::span<const TimeRange> deleted,
                      int64_t resolution, SampleColumn& scratch, std::vector<Chunk>& out) {
  out.clear();
  Run run(resolution, scratch);
  auto kind = AggregateKind::kFloats;
  for (const auto& chunk : chunks) {
    MNEMO_TRY(auto next, kind_of(chunk));
    if (next != kind) MNEMO_RETURN_IF_ERROR(run.finish(out));
    kind = next;
    MNEMO_RETURN_IF_ERROR(run.append(chunk, deleted));
  }
  return run.finish(out);
}

}  // namespace mnemo::downsample
