// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_encode.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// A histogram of schema 1 with these absolute positive counts.
Histogram histogram(uint64_t count, std::vector<Span> spans, std::vector<int64_t> counts) {
  Histogram h;
  h.schema = 1;
  h.zero_threshold = 0.001;
  h.zero_count = 2;
  h.count = count;
  h.sum = 18.4 * static_cast<double>(count);
  h.positive_spans = std::move(spans);
  for (size_t i = 0; i < counts.size(); ++i) {
    h.positive_buckets.push_back(counts[i] - (i == 0 ? 0 : counts[i - 1]));
  }
  return h;
}

/// Five buckets: 6 and 3 at 0, 3 at 4, 2 and 4 at 8.
Histogram first() { return histogram(20, {{0, 2}, {2, 1}, {3, 2}}, {6, 3, 3, 2, 4}); }

template <typename AnyHistogram>
AnyHistogram gauge(AnyHistogram h) {
  h.counter_reset_hint = CounterResetHint::kGauge;
  return h;
}

Histogram stale() {
  Histogram h;
  h.sum = stale_nan();
  return h;
}

AppendOutcome append(HistogramEncoder& encoder, int64_t time, const Histogram& h) {
  auto outcome = encoder.append(time, h);
  REQUIRE(outcome);
  return *outcome;
}

/// What the encoder makes of `next` after `before`, as counters of integers.
AppendOutcome outcome_after(const Histogram& before, const Histogram& next) {
  HistogramEncoder encoder;
  REQUIRE_EQ(append(encoder, 1000, before), AppendOutcome::kAppended);
  return append(encoder, 2000, next);
}

std::vector<HistogramSample> decoded(const std::string& data) {
  std::vector<HistogramSample> samples;
  Chunk chunk{0, 0, ChunkEncoding::kHistogram, Bytes::copy_of(data)};
  REQUIRE(decode_histogram_chunk(chunk, TimeRange(), samples).ok());
  return samples;
}

std::vector<int64_t> absolute(const std::vector<int64_t>& deltas) {
  std::vector<int64_t> counts;
  int64_t current = 0;
  for (int64_t delta : deltas) counts.push_back(current += delta);
  return counts;
}

/// The two bits of the header that tell of counter resets.
int reset_bits(const std::string& data) { return static_cast<uint8_t>(data[2]) >> 6; }

}  // namespace

TEST_CASE("histogram chunk: one sample, byte for byte") {
  Histogram h;
  h.zero_threshold = 0.5;  // 2^-1: exponent 0, written as 243
  h.count = 3;
  h.sum = 1;
  h.positive_spans = {{0, 1}};
  h.positive_buckets = {3};
  HistogramEncoder encoder;
  REQUIRE_EQ(append(encoder, 4, h), AppendOutcome::kAppended);
  // By hand: 1 sample, header 0; 11110011 | schema 0 | 1 span: 10 001 | length 1: 10 001 | offset:
  // 0 | no span: 0 | time 4: 10 100 | count 3: 10 011 | zero count: 0 | sum, 64 bits | 3: 10 011 =
  // 11110011 01000110 00100101 00100110 | 00111111 11110000 ... | 10011000
  std::string expected("\x00\x01\x00\xf3\x46\x25\x26\x3f\xf0\x00\x00\x00\x00\x00\x00\x98", 16);
  CHECK_EQ(encoder.byte_size(), expected.size());
  CHECK_EQ(encoder.take(), expected);
}

TEST_CASE("histogram chunk: new buckets make the chunk be written again") {
  HistogramEncoder encoder;
  append(encoder, 1000, first());
  auto wider = histogram(30, {{0, 3}, {1, 1}, {1, 4}, {3, 3}}, {7, 5, 1, 3, 1, 0, 2, 5, 5, 0, 1});
  CHECK_EQ(append(encoder, 2000, wider), AppendOutcome::kRecoded);
  auto samples = decoded(encoder.take());
  REQUIRE_EQ(samples.size(), 2);
  CHECK_EQ(samples[0].histogram.positive_spans, wider.positive_spans);
  CHECK_EQ(absolute(samples[0].histogram.positive_buckets),
           std::vector<int64_t>{6, 3, 0, 3, 0, 0, 2, 4, 0, 0, 0});
  CHECK_EQ(samples[1].histogram.positive_buckets, wider.positive_buckets);

  HistogramEncoder direct;
  append(direct, 1000, samples[0].histogram);
  append(direct, 2000, wider);
  encoder = HistogramEncoder();
  append(encoder, 1000, first());
  append(encoder, 2000, wider);
  CHECK_EQ(encoder.take(), direct.take());
}

TEST_CASE("histogram chunk: empty buckets that a sample lacks are put in") {
  auto before = histogram(9, {{0, 3}, {2, 1}}, {6, 0, 3, 0});
  HistogramEncoder encoder;
  append(encoder, 1000, before);
  CHECK_EQ(append(encoder, 2000, histogram(9, {{0, 1}, {1, 1}}, {6, 3})), AppendOutcome::kAppended);
  // Lacks one and brings another, both in one sample.
  CHECK_EQ(append(encoder, 3000, histogram(12, {{0, 1}, {1, 2}}, {6, 3, 3})),
           AppendOutcome::kRecoded);
  auto samples = decoded(encoder.take());
  std::vector<Span> spans = {{0, 4}, {1, 1}};
  for (const auto& sample : samples) CHECK_EQ(sample.histogram.positive_spans, spans);
  CHECK_EQ(absolute(samples[1].histogram.positive_buckets), std::vector<int64_t>{6, 0, 3, 0, 0});
  CHECK_EQ(absolute(samples[2].histogram.positive_buckets), std::vector<int64_t>{6, 0, 3, 3, 0});
}

TEST_CASE("histogram chunk: what ends a chunk") {
  CHECK_EQ(outcome_after(first(), first()), AppendOutcome::kAppended);
  auto next = first();
  next.count = 19;
  CHECK_EQ(outcome_after(first(), next), AppendOutcome::kNewChunk);
  next = first();
  next.zero_count = 1;
  CHECK_EQ(outcome_after(first(), next), AppendOutcome::kNewChunk);
  next = first();
  next.zero_threshold = 0.01;
  CHECK_EQ(outcome_after(first(), next), AppendOutcome::kNewChunk);
  next = first();
  next.schema = 0;
  CHECK_EQ(outcome_after(first(), next), AppendOutcome::kNewChunk);
  next = first();
  next.counter_reset_hint = CounterResetHint::kReset;
  CHECK_EQ(outcome_after(first(), next), AppendOutcome::kNewChunk);
  CHECK_EQ(outcome_after(first(), gauge(first())), AppendOutcome::kNewChunk);
  CHECK_EQ(outcome_after(gauge(first()), first()), AppendOutcome::kNewChunk);
  // A bucket fell, and one that had a count is gone.
  CHECK_EQ(outcome_after(first(), histogram(30, first().positive_spans, {6, 2, 9, 9, 9})),
           AppendOutcome::kNewChunk);
  CHECK_EQ(outcome_after(first(), histogram(30, {{0, 2}, {2, 1}}, {9, 9, 9})),
           AppendOutcome::kNewChunk);
}

TEST_CASE("histogram chunk: after a stale marker only stale markers follow") {
  HistogramEncoder encoder;
  append(encoder, 1000, first());
  CHECK_EQ(append(encoder, 2000, stale()), AppendOutcome::kAppended);
  CHECK_EQ(append(encoder, 3000, stale()), AppendOutcome::kAppended);
  CHECK_EQ(append(encoder, 4000, first()), AppendOutcome::kNewChunk);
  auto samples = decoded(encoder.cut());
  REQUIRE_EQ(samples.size(), 3);
  CHECK(is_stale_nan(samples[2].histogram.sum));
  CHECK_EQ(samples[2].time, 3000);
  append(encoder, 4000, first());
  CHECK_EQ(reset_bits(encoder.take()), 0);
  CHECK_EQ(outcome_after(stale(), first()), AppendOutcome::kNewChunk);
  CHECK_EQ(outcome_after(stale(), stale()), AppendOutcome::kAppended);
}

TEST_CASE("histogram chunk: its header says why it was begun") {
  auto smaller = histogram(2, {{0, 1}}, {2});
  auto other_threshold = first();
  other_threshold.zero_threshold = 1;
  struct Case {
    Histogram next;
    int bits;  // 0 unknown, 1 not reset, 2 reset, 3 gauge
  };
  for (const auto& [next, bits] :
       {Case{smaller, 2}, Case{other_threshold, 0}, Case{gauge(first()), 3}, Case{first(), 1}}) {
    HistogramEncoder encoder;
    append(encoder, 1000, first());
    if (bits != 1) CHECK_EQ(append(encoder, 2000, next), AppendOutcome::kNewChunk);
    CHECK_EQ(reset_bits(encoder.cut()), 0);
    append(encoder, 2000, next);
    CHECK_EQ(reset_bits(encoder.take()), bits);
  }
  HistogramEncoder encoder;
  append(encoder, 1000, first());
  encoder.take();
  append(encoder, 2000, smaller);
  CHECK_EQ(reset_bits(encoder.take()), 0);
}

TEST_CASE("histogram chunk: gauges' buckets are united") {
  HistogramEncoder encoder;
  append(encoder, 1000, gauge(histogram(9, {{0, 2}}, {4, 5})));
  CHECK_EQ(append(encoder, 2000, gauge(histogram(3, {{1, 1}, {2, 1}}, {1, 2}))),
           AppendOutcome::kRecoded);
  CHECK_EQ(append(encoder, 3000, gauge(histogram(1, {{4, 1}}, {1}))), AppendOutcome::kAppended);
  auto data = encoder.take();
  CHECK_EQ(reset_bits(data), 3);
  auto samples = decoded(data);
  std::vector<Span> spans = {{0, 2}, {2, 1}};
  for (const auto& sample : samples) {
    CHECK_EQ(sample.histogram.positive_spans, spans);
    CHECK_EQ(sample.histogram.counter_reset_hint, CounterResetHint::kGauge);
  }
  CHECK_EQ(absolute(samples[0].histogram.positive_buckets), std::vector<int64_t>{4, 5, 0});
  CHECK_EQ(absolute(samples[1].histogram.positive_buckets), std::vector<int64_t>{0, 1, 2});
  CHECK_EQ(absolute(samples[2].histogram.positive_buckets), std::vector<int64_t>{0, 0, 1});
}

TEST_CASE("histogram chunk: custom boundaries keep their bits, and other ones are a reset") {
  Histogram h = histogram(3, {{0, 2}}, {1, 2});
  h.schema = kCustomBucketsSchema;
  h.zero_threshold = 0;
  h.zero_count = 0;
  h.custom_values = {-1.5, 0.001, 33554.43, 33554.431, 0.0005, 1.0 / 3, 1e300};
  HistogramEncoder encoder;
  append(encoder, 1000, h);
  auto other = h;
  other.custom_values[0] = -1;
  CHECK_EQ(append(encoder, 2000, other), AppendOutcome::kNewChunk);
  CHECK_EQ(decoded(encoder.cut())[0].histogram.custom_values, h.custom_values);
  append(encoder, 2000, other);
  CHECK_EQ(reset_bits(encoder.take()), 2);
}

TEST_CASE("histogram chunk: zero thresholds keep their bits") {
  for (double threshold : {0.0, 0x1p-128, 0x1p-243, 0x1p-244, 1024.0, 2048.0, 0.001, kInf}) {
    auto h = first();
    h.zero_threshold = threshold;
    HistogramEncoder encoder;
    append(encoder, 1000, h);
    CHECK_EQ(decoded(encoder.take())[0].histogram.zero_threshold, threshold);
  }
}

TEST_CASE("histogram chunk: malformed histograms are refused and change nothing") {
  HistogramEncoder encoder;
  append(encoder, 1000, first());
  auto odd = first();
  odd.positive_buckets.pop_back();
  CHECK_EQ(encoder.append(2000, odd).status().code(), Code::kInvalidArgument);
  odd = first();
  odd.schema = 9;
  CHECK_EQ(encoder.append(2000, odd).status().code(), Code::kInvalidArgument);
  odd = first();
  odd.negative_spans = {{0, 0xffffffff}, {0, 0xffffffff}};
  CHECK_EQ(encoder.append(2000, odd).status().code(), Code::kInvalidArgument);
  odd = first();
  odd.positive_spans[1].offset = -1;  // bucket 1 twice
  CHECK_EQ(encoder.append(2000, odd).status().code(), Code::kInvalidArgument);
  HistogramEncoder untouched;
  append(untouched, 1000, first());
  CHECK_EQ(encoder.take(), untouched.take());
}

TEST_CASE("histogram chunk: spans without buckets can't fill the memory, once for each sample") {
  HistogramEncoder encoder;
  auto wide = histogram(0, std::vector<Span>(8192), {});
  for (uint32_t i = 0; i < 1025; ++i) {
    if (i == 1024) {
      Chunk fits{0, 0, ChunkEncoding::kHistogram, Bytes::own(HistogramEncoder(encoder).take())};
      SampleColumn samples;
      CHECK(decode_chunk(fits, TimeRange(), samples).ok());
    }
    REQUIRE_EQ(append(encoder, i, wide), AppendOutcome::kAppended);
  }
  auto data = encoder.take();
  CHECK_LT(data.size(), 5000);
  Chunk chunk{0, 0, ChunkEncoding::kHistogram, Bytes::own(data)};
  SampleColumn samples;
  CHECK_EQ(decode_chunk(chunk, TimeRange(), samples).code(), Code::kDataLoss);
  std::vector<HistogramSample> integers;
  CHECK_EQ(decode_histogram_chunk(chunk, TimeRange(), integers).code(), Code::kDataLoss);
}

TEST_CASE("histogram chunk: a full chunk asks for another") {
  HistogramEncoder encoder(StartTimes::kStored);
  for (uint32_t i = 0; i < encoder.max_samples(); ++i) {
    REQUIRE_EQ(append(encoder, i, first()), AppendOutcome::kAppended);
  }
  CHECK_EQ(append(encoder, 1 << 20, first()), AppendOutcome::kNewChunk);
  auto data = encoder.cut();
  Chunk chunk{0, 0, ChunkEncoding::kHistogramSt, Bytes::own(data)};
  CHECK_EQ(*chunk_sample_count(chunk), 0x3fff);
  append(encoder, 1 << 20, first());
  CHECK_EQ(static_cast<uint8_t>(encoder.take()[0]) >> 6, 1);
}

TEST_CASE("float histogram chunk: grows, and its header only tells of resets") {
  FloatHistogramEncoder encoder(StartTimes::kStored);
  REQUIRE_EQ(*encoder.append(1000, first().to_float(), 500), AppendOutcome::kAppended);
  auto wider = histogram(30, {{0, 3}, {1, 1}, {3, 2}}, {7, 5, 1, 3, 2, 5}).to_float();
  REQUIRE_EQ(*encoder.append(2000, wider, 1500), AppendOutcome::kRecoded);
  auto other = wider;
  other.schema = 2;
  REQUIRE_EQ(*encoder.append(3000, other), AppendOutcome::kNewChunk);
  SampleColumn column;
  Chunk chunk{0, 0, encoder.encoding(), Bytes::own(encoder.cut())};
  REQUIRE(decode_chunk(chunk, TimeRange(), column).ok());
  REQUIRE_EQ(column.size(), 2);
  CHECK_EQ(column.histogram(0)->positive_buckets, std::vector<double>{6, 3, 0, 3, 2, 4});
  CHECK_EQ(column.histogram(1)->positive_buckets, wider.positive_buckets);
  CHECK_EQ(column.start_times, std::vector<int64_t>{500, 1500});
  REQUIRE_EQ(*encoder.append(3000, other), AppendOutcome::kAppended);
  CHECK_EQ(static_cast<uint8_t>(encoder.cut()[0]) >> 6, 0);
  other.count += 1;
  REQUIRE_EQ(*encoder.append(4000, other), AppendOutcome::kAppended);
  CHECK_EQ(static_cast<uint8_t>(encoder.cut()[0]) >> 6, 1);
  other.count = 1;
  REQUIRE_EQ(*encoder.append(5000, other), AppendOutcome::kAppended);
  CHECK_EQ(static_cast<uint8_t>(encoder.take()[0]) >> 6, 2);
}
