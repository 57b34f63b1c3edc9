// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/histogram_encode.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

/// The two bits that a chunk's header has for what is known of counter resets.
uint8_t header_bits(CounterResetHint hint) {
  switch (hint) {
    case CounterResetHint::kReset: return 0x80;
    case CounterResetHint::kNotReset: return 0x40;
    case CounterResetHint::kGauge: return 0xc0;
    case CounterResetHint::kUnknown: break;
  }
  return 0;
}

/// Chunks of float histograms don't tell why they were begun, unless a counter was reset.
template <typename AnyHistogram>
CounterResetHint header_unless_reset(CounterResetHint known, CounterResetHint otherwise) {
  if constexpr (std::is_same_v<AnyHistogram, Histogram>) {
    return known;
  } else {
    return known == CounterResetHint::kReset ? known : otherwise;
  }
}

/// Whether each span begins after the one before it ends.
bool in_order(const std::vector<Span>& spans) {
  return std::all_of(spans.begin() + (spans.empty() ? 0 : 1), spans.end(),
                     [](const Span& span) { return span.offset >= 0; });
}

template <typename AnyHistogram>
Status check_form(const AnyHistogram& histogram) {
  if (!is_known_schema(histogram.schema)) {
    return Status::invalid_argument("histogram with schema " + std::to_string(histogram.schema));
  }
  if (!in_order(histogram.positive_spans) || !in_order(histogram.negative_spans)) {
    return Status::invalid_argument("histogram with spans that overlap");
  }
  if (bucket_count_of(histogram.positive_spans) == histogram.positive_buckets.size() &&
      bucket_count_of(histogram.negative_spans) == histogram.negative_buckets.size()) {
    return {};
  }
  return Status::invalid_argument("histogram with more or fewer buckets than its spans name");
}

/// Whether a bucket of `a` has a smaller count in `b`, or a count and no bucket.
template <typename Count>
bool any_fell(const std::vector<Span>& a_spans, const std::vector<Count>& a,
              const std::vector<Span>& b_spans, const std::vector<Count>& b) {
  if (a_spans == b_spans) {
    return !std::equal(a.begin(), a.end(), b.begin(), b.end(),
                       [](Count before, Count after) { return !(before > after); });
  }
  auto both = unite_buckets(a_spans, b_spans);
  for (size_t i = 0, j = 0; i < a.size(); ++i) {
    while (j < b.size() && both.from_b[j] < both.from_a[i]) ++j;
    bool in_b = j < b.size() && both.from_b[j] == both.from_a[i];
    if (in_b ? a[i] > b[j] : a[i] != 0) return true;
  }
  return false;
}

/// All samples of a chunk that an encoder has written.
Status decode_all(const Chunk& chunk, std::vector<HistogramSample>& samples) {
  return decode_histogram_chunk(chunk, TimeRange(), samples);
}

struct FloatHistogramSample {
  int64_t time = 0;
  FloatHistogram histogram;
  int64_t start_time = 0;
};

Status decode_all(const Chunk& chunk, std::vector<FloatHistogramSample>& samples) {
  SampleColumn column;
  MNEMO_RETURN_IF_ERROR(decode_chunk(chunk, TimeRange(), column));
  for (size_t i = 0; i < column.size(); ++i) {
    int64_t start_time = column.start_times.empty() ? 0 : column.start_times[i];
    samples.push_back({column.times[i], *column.histograms[i], start_time});
  }
  return {};
}

/// Gives `histogram` the buckets of both, and spans that name them where it lacks some.
template <typename AnyHistogram>
void widen(AnyHistogram& histogram, const BucketUnion& positive, const BucketUnion& negative) {
  if (positive.b_lacks) {
    histogram.positive_buckets =
        spread_buckets(histogram.positive_buckets, positive.from_b, positive.indexes.size());
  }
  if (negative.b_lacks) {
    histogram.negative_buckets =
        spread_buckets(histogram.negative_buckets, negative.from_b, negative.indexes.size());
  }
  bool is_gauge = histogram.counter_reset_hint == CounterResetHint::kGauge;
  if (is_gauge || positive.b_lacks) histogram.positive_spans = spans_of(positive.indexes);
  if (is_gauge || negative.b_lacks) histogram.negative_spans = spans_of(negative.indexes);
}

}  // namespace

template <typename AnyHistogram>
ChunkEncoding BasicHistogramEncoder<AnyHistogram>::encoding() const {
  bool with_starts = start_times_ == StartTimes::kStored;
  if constexpr (std::is_same_v<AnyHistogram, Histogram>) {
    return with_starts ? ChunkEncoding::kHistogramSt : ChunkEncoding::kHistogram;
  } else {
    return with_starts ? ChunkEncoding::kFloatHistogramSt : ChunkEncoding::kFloatHistogram;
  }
}

template <typename AnyHistogram>
Result<AppendOutcome> BasicHistogramEncoder<AnyHistogram>::append(int64_t time,
                                                                  const AnyHistogram& histogram,
                                                                  int64_t start_time) {
  if (is_stale_nan(histogram.sum)) {
    // Nothing else of a stale marker matters, except what kind of chunk it belongs to.
    AnyHistogram marker;
    marker.sum = histogram.sum;
    marker.counter_reset_hint = histogram.counter_reset_hint;
    return append_checked(time, marker, start_time);
  }
  MNEMO_RETURN_IF_ERROR(check_form(histogram));
  return append_checked(time, histogram, start_time);
}

template <typename AnyHistogram>
Result<AppendOutcome> BasicHistogramEncoder<AnyHistogram>::append_checked(
    int64_t time, const AnyHistogram& histogram, int64_t start_time) {
  if (count_ == 0) {
    header_ = next_header_ ? *next_header_ : header_of_first(histogram);
    start_chunk(histogram);
    write(time, histogram, start_time);
    return AppendOutcome::kAppended;
  }
  auto verdict = judge(histogram);
  if (verdict.fits && count_ < max_samples()) return append_fitting(time, histogram, start_time);
  if (!verdict.fits) next_header_ = header_of_next(histogram, verdict);
  return AppendOutcome::kNewChunk;
}

template <typename AnyHistogram>
CounterResetHint BasicHistogramEncoder<AnyHistogram>::header_of_next(const AnyHistogram& histogram,
                                                                     Verdict verdict) {
  if (histogram.counter_reset_hint == CounterResetHint::kGauge) return CounterResetHint::kGauge;
  return header_unless_reset<AnyHistogram>(verdict.header, CounterResetHint::kUnknown);
}

template <typename AnyHistogram>
CounterResetHint BasicHistogramEncoder<AnyHistogram>::header_of_first(
    const AnyHistogram& histogram) const {
  auto hint = histogram.counter_reset_hint;
  if (hint == CounterResetHint::kGauge || hint == CounterResetHint::kReset) return hint;
  if (!continues_) return CounterResetHint::kUnknown;
  return header_unless_reset<AnyHistogram>(judge_counter(histogram).header,
                                           CounterResetHint::kNotReset);
}

template <typename AnyHistogram>
auto BasicHistogramEncoder<AnyHistogram>::judge(const AnyHistogram& histogram) const -> Verdict {
  return histogram.counter_reset_hint == CounterResetHint::kGauge ? judge_gauge(histogram)
                                                                  : judge_counter(histogram);
}

template <typename AnyHistogram>
auto BasicHistogramEncoder<AnyHistogram>::judge_counter(const AnyHistogram& histogram) const
    -> Verdict {
  if (header_ == CounterResetHint::kGauge) return {false, CounterResetHint::kNotReset};
  if (histogram.counter_reset_hint == CounterResetHint::kReset) {
    return {false, CounterResetHint::kReset};
  }
  if (is_stale_nan(histogram.sum)) return {true, CounterResetHint::kNotReset};
  if (is_stale_nan(last_.sum())) return {false, CounterResetHint::kUnknown};
  if (histogram.count < last_.count()) return {false, CounterResetHint::kReset};
  if (histogram.schema != layout_.schema || histogram.zero_threshold != layout_.zero_threshold) {
    return {false, CounterResetHint::kUnknown};
  }
  bool is_reset = !has_layout_of(histogram) || histogram.zero_count < last_.zero_count() ||
                  any_bucket_fell(histogram);
  if (is_reset) return {false, CounterResetHint::kReset};
  return {true, CounterResetHint::kNotReset};
}

template <typename AnyHistogram>
auto BasicHistogramEncoder<AnyHistogram>::judge_gauge(const AnyHistogram& histogram) const
    -> Verdict {
  bool fits = header_ == CounterResetHint::kGauge;
  if (fits && !is_stale_nan(histogram.sum)) {
    fits = !is_stale_nan(last_.sum()) && has_layout_of(histogram);
  }
  return {fits, CounterResetHint::kGauge};
}

/// The same kind of buckets; which of them there are may differ.
template <typename AnyHistogram>
bool BasicHistogramEncoder<AnyHistogram>::has_layout_of(const AnyHistogram& histogram) const {
  return histogram.schema == layout_.schema && histogram.zero_threshold == layout_.zero_threshold &&
         (histogram.schema != kCustomBucketsSchema ||
          histogram.custom_values == layout_.custom_values);
}

template <typename AnyHistogram>
bool BasicHistogramEncoder<AnyHistogram>::any_bucket_fell(const AnyHistogram& histogram) const {
  return any_fell(layout_.positive_spans, last_.positive(), histogram.positive_spans,
                  Writer::absolute(histogram.positive_buckets)) ||
         any_fell(layout_.negative_spans, last_.negative(), histogram.negative_spans,
                  Writer::absolute(histogram.negative_buckets));
}

template <typename AnyHistogram>
Result<AppendOutcome> BasicHistogramEncoder<AnyHistogram>::append_fitting(
    int64_t time, const AnyHistogram& histogram, int64_t start_time) {
  bool has_same_buckets = histogram.positive_spans == layout_.positive_spans &&
                          histogram.negative_spans == layout_.negative_spans;
  if (has_same_buckets || is_stale_nan(histogram.sum)) {
    write(time, histogram, start_time);
    return AppendOutcome::kAppended;
  }
  auto positive = unite_buckets(layout_.positive_spans, histogram.positive_spans);
  auto negative = unite_buckets(layout_.negative_spans, histogram.negative_spans);
  AnyHistogram widened = histogram;
  if (positive.b_lacks || negative.b_lacks) widen(widened, positive, negative);
  bool grows = positive.a_lacks || negative.a_lacks;
  if (grows) MNEMO_RETURN_IF_ERROR(recode(positive, negative, widened));
  write(time, widened, start_time);
  return grows ? AppendOutcome::kRecoded : AppendOutcome::kAppended;
}

/// Writes the chunk again with the buckets of both, as the spans of `layout` name them.
template <typename AnyHistogram>
Status BasicHistogramEncoder<AnyHistogram>::recode(const BucketUnion& positive,
                                                   const BucketUnion& negative,
                                                   const AnyHistogram& layout) {
  using Sample = std::conditional_t<std::is_same_v<AnyHistogram, Histogram>, HistogramSample,
                                    FloatHistogramSample>;
  std::vector<Sample> samples;
  MNEMO_RETURN_IF_ERROR(decode_all({0, 0, encoding(), Bytes::own(finish())}, samples));
  for (auto& [time, histogram, start_time] : samples) {
    histogram.positive_spans = layout.positive_spans;
    histogram.negative_spans = layout.negative_spans;
    if (positive.a_lacks) {
      histogram.positive_buckets =
          spread_buckets(histogram.positive_buckets, positive.from_a, positive.indexes.size());
    }
    if (negative.a_lacks) {
      histogram.negative_buckets =
          spread_buckets(histogram.negative_buckets, negative.from_a, negative.indexes.size());
    }
    if (count_ == 0) start_chunk(histogram);
    write(time, histogram, start_time);
  }
  return {};
}

template <typename AnyHistogram>
void BasicHistogramEncoder<AnyHistogram>::start_chunk(const AnyHistogram& histogram) {
  layout_ = layout_of(histogram);
  write_histogram_layout(out_, layout_);
  starts_ = {};
  next_header_.reset();
  continues_ = false;
}

template <typename AnyHistogram>
void BasicHistogramEncoder<AnyHistogram>::write(int64_t time, const AnyHistogram& histogram,
                                                int64_t start_time) {
  auto previous = static_cast<int64_t>(time_.value);
  if (count_ == 0) {
    time_ = {static_cast<uint64_t>(time), 0};
    out_.varbit_int(time);
    last_.write_first(out_, histogram);
  } else {
    out_.varbit_int(time_.step(static_cast<uint64_t>(time)));
    last_.write_next(out_, histogram);
  }
  if (start_times_ == StartTimes::kStored) {
    starts_.write(out_, count_, time, previous, start_time);
  }
  ++count_;
}

template <typename AnyHistogram>
std::string BasicHistogramEncoder<AnyHistogram>::finish() {
  std::string data(kHeaderSize, '\0');
  data[0] = static_cast<char>(count_ >> 8);
  data[1] = static_cast<char>(count_);
  if (start_times_ == StartTimes::kStored) {
    data[0] = static_cast<char>(count_ >> 8 | header_bits(header_));
    data[StartTimeHeader::kPosition] = static_cast<char>(starts_.header());
  } else {
    data[2] = static_cast<char>(header_bits(header_));
  }
  data += out_.take();
  count_ = 0;
  return data;
}

template <typename AnyHistogram>
std::string BasicHistogramEncoder<AnyHistogram>::cut() {
  continues_ = count_ > 0;
  return finish();
}

template <typename AnyHistogram>
std::string BasicHistogramEncoder<AnyHistogram>::take() {
  continues_ = false;
  return finish();
}

template class BasicHistogramEncoder<Histogram>;
template class BasicHistogramEncoder<FloatHistogram>;

}  // namespace mnemo
