// SPDX-License-Identifier: Apache-2.0
#include "downsample/histogram_aggregates.hpp"

#include "chunkenc/histogram_encode.hpp"
#include "chunkenc/xor_encode.hpp"
#include "downsample/rising.hpp"
#include "downsample/windows.hpp"
#include "model/histogram_math.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace mnemo::downsample {
namespace {

using Histograms = std::span<const std::shared_ptr<const FloatHistogram>>;

Status incompatible() {
  return Status::data_loss("histograms with custom buckets among others in one chunk");
}

/// The coarsest schema of all.
int32_t coarsest_schema(Histograms histograms) {
  int32_t schema = std::numeric_limits<int32_t>::max();
  for (const auto& histogram : histograms) schema = std::min(schema, histogram->schema);
  return schema;
}

/// The histogram at a schema no finer than its own. `copy` is only there to hold it.
const FloatHistogram& at_schema(const FloatHistogram& histogram, int32_t schema,
                                FloatHistogram& copy) {
  if (histogram.schema <= schema) return histogram;
  copy = copy_to_schema(histogram, schema);
  return copy;
}

/// The sum of the histograms of a window, a gauge.
class HistogramSum {
 public:
  void start_window() { sum_.reset(); }

  Status add(const FloatHistogram& histogram) {
    if (!sum_) {
      sum_ = histogram;
    } else if (!mnemo::add(*sum_, histogram)) {
      return incompatible();
    }
    sum_->counter_reset_hint = CounterResetHint::kGauge;
    return {};
  }

  const FloatHistogram& value() const { return *sum_; }

 private:
  std::optional<FloatHistogram> sum_;
};

/// A counter without its resets: what it counted since the first histogram, on top of that.
class HistogramCounter {
 public:
  /// `original` is what `histogram` was before its schema was made coarser: a change of the schema
  /// is a reset.
  Status add(const FloatHistogram& original, const FloatHistogram& histogram) {
    if (!total_) {
      total_ = histogram;
    } else if (histogram.counter_reset_hint != CounterResetHint::kGauge &&
               detect_reset(original, last_)) {
      if (!mnemo::add(*total_, histogram)) return incompatible();
    } else {
      increase_ = histogram;
      if (!subtract(increase_, last_) || !mnemo::add(*total_, increase_)) return incompatible();
    }
    last_ = histogram;
    return {};
  }

  FloatHistogram& total() { return *total_; }

 private:
  std::optional<FloatHistogram> total_;
  FloatHistogram last_;
  FloatHistogram increase_;  // kept for its memory
};

struct HistogramPoint {
  int64_t time = 0;
  FloatHistogram histogram;
};

struct FloatPoint {
  int64_t time = 0;
  double value = 0;
};

/// The aggregates of some windows.
struct Aggregates {
  std::vector<FloatPoint> counts;
  std::vector<HistogramPoint> sums;
  std::vector<HistogramPoint> counters;

  bool empty() const { return counts.empty() && sums.empty() && counters.empty(); }
};

/// Encodes the points up to `end` to a part of a chunk, and moves `end` before the first that can't
/// go on in it.
Status encode_part(std::span<const HistogramPoint> points, int64_t& end,
                   std::optional<Chunk>& part) {
  FloatHistogramEncoder encoder;
  encoder.continue_from_nothing();
  for (const auto& point : points) {
    if (point.time > end) break;
    MNEMO_TRY(auto outcome, encoder.append(point.time, point.histogram));
    if (outcome == AppendOutcome::kNewChunk) {
      end = point.time - 1;
      break;
    }
  }
  if (encoder.size() == 0) return {};
  part = Chunk{0, 0, ChunkEncoding::kFloatHistogram, Bytes::own(encoder.take())};
  return {};
}

/// The same of counts, of which a chunk holds so many.
void encode_part(std::span<const FloatPoint> points, int64_t& end, std::optional<Chunk>& part) {
  XorEncoder encoder;
  for (const auto& point : points) {
    if (point.time > end) break;
    if (encoder.size() == XorEncoder::kMaxSamples) {
      end = point.time - 1;
      break;
    }
    encoder.append(point.time, point.value);
  }
  if (encoder.size() == 0) return;
  part = Chunk{0, 0, ChunkEncoding::kXor, Bytes::own(encoder.take())};
}

/// Widens `range` to the times of the points up to `end`, which are taken off.
template <typename Point>
void take_until(int64_t end, std::vector<Point>& points, TimeRange& range) {
  auto rest = std::find_if(points.begin(), points.end(),
                           [&](const Point& point) { return point.time > end; });
  if (rest != points.begin()) {
    range.min = std::min(range.min, points.front().time);
    range.max = std::max(range.max, std::prev(rest)->time);
  }
  points.erase(points.begin(), rest);
}

/// Encodes one chunk of as many windows as can be in one, and takes them off.
Result<Chunk> encode_next(Aggregates& aggregates) {
  AggregateParts parts;
  int64_t end = kMaxTime;
  int64_t wanted_end = 0;
  do {  // again with fewer windows where one part can't go on
    wanted_end = end;
    encode_part(aggregates.counts, end, parts.parts[size_t(AggregatePart::kCount)]);
    MNEMO_RETURN_IF_ERROR(
        encode_part(aggregates.sums, end, parts.parts[size_t(AggregatePart::kSum)]));
    MNEMO_RETURN_IF_ERROR(
        encode_part(aggregates.counters, end, parts.parts[size_t(AggregatePart::kCounter)]));
  } while (end != wanted_end);
  TimeRange range{kMaxTime, kMinTime};
  take_until(end, aggregates.counts, range);
  take_until(end, aggregates.sums, range);
  take_until(end, aggregates.counters, range);
  return Chunk{range.min, range.max, ChunkEncoding::kAggregate, Bytes::own(join_aggregate(parts))};
}

Status encode(Aggregates aggregates, std::vector<Chunk>& out) {
  while (!aggregates.empty()) {
    MNEMO_TRY(auto chunk, encode_next(aggregates));
    out.push_back(std::move(chunk));
  }
  return {};
}

/// The samples that all chunks have of one part.
Status collect_histograms(std::span<const AggregateParts> chunks, AggregatePart part,
                          SampleColumn& out) {
  for (const auto& chunk : chunks) {
    if (chunk[part]) MNEMO_RETURN_IF_ERROR(append_rising_histograms(*chunk[part], out));
  }
  return {};
}

Status aggregate_sums(const SampleColumn& samples, int64_t resolution,
                      std::vector<HistogramPoint>& out) {
  int32_t schema = coarsest_schema(samples.histograms);
  HistogramSum sum;
  FloatHistogram copy;
  Status status;
  for_each_window(samples.times, resolution, [&](size_t first, size_t last, int64_t time) {
    sum.start_window();
    for (size_t i = first; i < last && status.ok(); ++i) {
      status = sum.add(at_schema(*samples.histograms[i], schema, copy));
    }
    if (status.ok()) out.push_back({time, sum.value()});
  });
  return status;
}

Status aggregate_counters(const SampleColumn& samples, int64_t resolution,
                          std::vector<HistogramPoint>& out) {
  int32_t schema = coarsest_schema(samples.histograms);
  HistogramCounter counter;
  FloatHistogram copy;
  Status status;
  for_each_window(samples.times, resolution, [&](size_t first, size_t last, int64_t time) {
    for (size_t i = first; i < last && status.ok(); ++i) {
      const auto& histogram = *samples.histograms[i];
      status = counter.add(histogram, at_schema(histogram, schema, copy));
    }
    if (status.ok()) out.push_back({time, counter.total()});
  });
  return status;
}

Status aggregate_counts(std::span<const AggregateParts> chunks, int64_t resolution,
                        std::vector<FloatPoint>& out) {
  SampleColumn samples;
  for (const auto& chunk : chunks) {
    const auto& part = chunk[AggregatePart::kCount];
    if (part) MNEMO_RETURN_IF_ERROR(append_rising_floats(*part, samples));
  }
  for_each_window(samples.times, resolution, [&](size_t first, size_t last, int64_t time) {
    double count = 0;
    for (size_t i = first; i < last; ++i) count += samples.values[i];
    out.push_back({time, count});
  });
  return {};
}

}  // namespace

Status aggregate_histograms(std::span<const int64_t> times, Histograms histograms,
                            int64_t resolution, std::vector<Chunk>& out) {
  int32_t schema = coarsest_schema(histograms);
  bool are_gauges = histograms[0]->counter_reset_hint == CounterResetHint::kGauge;
  Aggregates aggregates;
  HistogramSum sum;
  HistogramCounter counter;
  FloatHistogram copy;
  Status status;
  for_each_window(times, resolution, [&](size_t first, size_t last, int64_t time) {
    sum.start_window();
    for (size_t i = first; i < last && status.ok(); ++i) {
      const auto& histogram = at_schema(*histograms[i], schema, copy);
      status = sum.add(histogram);
      if (status.ok()) status = counter.add(*histograms[i], histogram);
    }
    if (!status.ok()) return;
    // Otherwise gauges that fall could not be appended.
    if (are_gauges) counter.total().counter_reset_hint = CounterResetHint::kGauge;
    aggregates.counts.push_back({time, static_cast<double>(last - first)});
    aggregates.sums.push_back({time, sum.value()});
    aggregates.counters.push_back({time, counter.total()});
  });
  MNEMO_RETURN_IF_ERROR(status);
  return encode(std::move(aggregates), out);
}

Status aggregate_histogram_parts(std::span<const AggregateParts> chunks, int64_t resolution,
                                 std::vector<Chunk>& out) {
  Aggregates aggregates;
  MNEMO_RETURN_IF_ERROR(aggregate_counts(chunks, resolution, aggregates.counts));
  SampleColumn samples;
  MNEMO_RETURN_IF_ERROR(collect_histograms(chunks, AggregatePart::kSum, samples));
  MNEMO_RETURN_IF_ERROR(aggregate_sums(samples, resolution, aggregates.sums));
  samples.clear();
  MNEMO_RETURN_IF_ERROR(collect_histograms(chunks, AggregatePart::kCounter, samples));
  MNEMO_RETURN_IF_ERROR(aggregate_counters(samples, resolution, aggregates.counters));
  return encode(std::move(aggregates), out);
}

}  // namespace mnemo::downsample
