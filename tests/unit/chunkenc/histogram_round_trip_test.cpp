// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/bucket_layout.hpp"
#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_encode.hpp"

#include "support/rounds.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

/// Counts by bucket; empty buckets may be there or not.
using Buckets = std::map<int64_t, int64_t>;

Buckets buckets_of(const std::vector<Span>& spans, const std::vector<double>& counts) {
  auto indexes = bucket_indexes_of(spans);
  Buckets buckets;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) buckets[indexes[i]] = static_cast<int64_t>(counts[i]);
  }
  return buckets;
}

void set_buckets(const Buckets& buckets, std::vector<Span>& spans, std::vector<int64_t>& deltas) {
  std::vector<int64_t> indexes;
  int64_t before = 0;
  for (const auto& [index, count] : buckets) {
    indexes.push_back(index);
    deltas.push_back(count - before);
    before = count;
  }
  spans = spans_of(indexes);
}

/// One series that now and then gets new buckets, loses one, is reset, stale, or another schema.
class RandomSeries {
 public:
  RandomSeries(uint64_t seed, bool is_gauge) : random_(seed), is_gauge_(is_gauge) {}

  Histogram next() {
    Histogram h;
    if (is_gauge_) h.counter_reset_hint = CounterResetHint::kGauge;
    if (chance(25)) {
      h.sum = stale_nan();
      return h;
    }
    if (chance(40)) schema_ = static_cast<int32_t>(random_() % 18) - 9;
    if (chance(40)) positive_.clear();
    for (auto* side : {&positive_, &negative_}) change(*side);
    h.schema = schema_;
    h.zero_threshold = chance(50) ? 0.25 : 0.001;
    set_buckets(positive_, h.positive_spans, h.positive_buckets);
    set_buckets(negative_, h.negative_spans, h.negative_buckets);
    for (const auto& [index, count] : positive_) h.count += static_cast<uint64_t>(count);
    for (const auto& [index, count] : negative_) h.count += static_cast<uint64_t>(count);
    h.sum = static_cast<double>(random_() % 10'000) / 8;
    return h;
  }

  int64_t random_time(int64_t before) { return before + 1 + static_cast<int64_t>(random_() % 99); }

 private:
  bool chance(uint64_t one_in) { return random_() % one_in == 0; }

  void change(Buckets& buckets) {
    for (auto& [index, count] : buckets) count += static_cast<int64_t>(random_() % 3);
    if (is_gauge_ && !buckets.empty() && chance(4)) buckets.begin()->second = 0;
    if (chance(3)) buckets.emplace(static_cast<int64_t>(random_() % 40) - 10, random_() % 2);
    std::erase_if(buckets, [&](const auto& bucket) { return bucket.second == 0 && chance(3); });
  }

  std::mt19937_64 random_;
  bool is_gauge_;
  int32_t schema_ = 0;
  Buckets positive_;
  Buckets negative_;
};

struct Written {
  int64_t time;
  int64_t start_time;
  FloatHistogram histogram;
};

/// Decodes `data` and compares it with the samples from `first` on; returns how many there were.
size_t check_chunk(ChunkEncoding encoding, std::string data, const std::vector<Written>& written,
                   size_t first) {
  SampleColumn column;
  auto status = decode_chunk({0, 0, encoding, Bytes::own(std::move(data))}, TimeRange(), column);
  REQUIRE_MESSAGE(status.ok(), status.to_string());
  for (size_t i = 0; i < column.size(); ++i) {
    const auto& expected = written[first + i];
    const auto& found = *column.histogram(i);
    REQUIRE_EQ(column.times[i], expected.time);
    REQUIRE_EQ(column.start_times.empty() ? 0 : column.start_times[i], expected.start_time);
    REQUIRE_EQ(is_stale_nan(found.sum), is_stale_nan(expected.histogram.sum));
    if (is_stale_nan(found.sum)) continue;
    REQUIRE_EQ(found.sum, expected.histogram.sum);
    REQUIRE_EQ(found.count, expected.histogram.count);
    REQUIRE_EQ(found.schema, expected.histogram.schema);
    REQUIRE_EQ(found.zero_threshold, expected.histogram.zero_threshold);
    REQUIRE_EQ(buckets_of(found.positive_spans, found.positive_buckets),
               buckets_of(expected.histogram.positive_spans, expected.histogram.positive_buckets));
    REQUIRE_EQ(buckets_of(found.negative_spans, found.negative_buckets),
               buckets_of(expected.histogram.negative_spans, expected.histogram.negative_buckets));
  }
  return column.size();
}

template <typename Encoder, typename Convert>
void check_series(uint64_t seed, StartTimes start_times, const Convert& convert) {
  RandomSeries series(seed, seed % 2 == 0);
  Encoder encoder(start_times);
  std::vector<Written> written;
  std::vector<std::string> chunks;
  int64_t time = 1'780'272'000'000;
  for (size_t i = 0; i < 300; ++i) {
    time = series.random_time(time);
    auto histogram = series.next();
    bool has_start = start_times == StartTimes::kStored && seed % 3 == 0;
    int64_t start_time = has_start ? time - time % 1000 : 0;
    auto outcome = encoder.append(time, convert(histogram), start_time);
    REQUIRE(outcome);
    if (*outcome == AppendOutcome::kNewChunk) {
      chunks.push_back(encoder.cut());
      outcome = encoder.append(time, convert(histogram), start_time);
      REQUIRE(outcome);
      REQUIRE_EQ(*outcome, AppendOutcome::kAppended);
    }
    written.push_back({time, start_time, histogram.to_float()});
  }
  chunks.push_back(encoder.cut());
  size_t first = 0;
  for (auto& chunk : chunks) {
    first += check_chunk(encoder.encoding(), std::move(chunk), written, first);
  }
  CHECK_EQ(first, written.size());
}

}  // namespace

TEST_CASE("histogram chunks: random series survive in every encoding") {
  auto as_is = [](const Histogram& histogram) { return histogram; };
  auto to_float = [](const Histogram& histogram) { return histogram.to_float(); };
  for (uint64_t seed = 0; seed < mnemo::testing::rounds(24); ++seed) {
    CAPTURE(seed);
    for (auto start_times : {StartTimes::kNone, StartTimes::kStored}) {
      check_series<HistogramEncoder>(seed, start_times, as_is);
      check_series<FloatHistogramEncoder>(seed, start_times, to_float);
    }
  }
}
