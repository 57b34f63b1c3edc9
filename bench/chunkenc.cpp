// SPDX-License-Identifier: Apache-2.0
//
// Chunks in nanoseconds a sample: 480 chunks of 120 samples, decoded and encoded again and again.
// "noisy": 80% of the time deltas jitter, 8% of the values open a new window; "constant": regular
// times, one value; "jittered_constant": that value at jittering times; "data_set": the series that
// compare/tsdb makes, a quarter each counters at jittering times, noisy gauges, ratios, constants.
#include "workload.hpp"

#include "chunkenc/decode.hpp"
#include "chunkenc/histogram_encode.hpp"
#include "chunkenc/xor2_encode.hpp"
#include "chunkenc/xor_encode.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace mnemo;

constexpr size_t kChunks = 480;
constexpr size_t kSamples = 120;

struct Samples {
  std::vector<int64_t> times;
  std::vector<double> values;
};

enum class Mix { kNoisy, kConstant, kJitteredConstant, kDataSet };

/// The beginning of a series of the data set.
Samples data_set_samples(uint64_t number) {
  Samples samples;
  bench::SeriesSamples series(number, 0);
  for (size_t i = 0; i < kSamples; ++i, series.next()) {
    samples.times.push_back(series.time());
    samples.values.push_back(series.value());
  }
  return samples;
}

Samples make_samples(Mix mix, std::mt19937_64& random) {
  Samples samples;
  int64_t due = 1'780'272'000'000;
  double value = static_cast<double>(random() % 100'000);
  for (size_t i = 0; i < kSamples; ++i) {
    bool jitters = mix != Mix::kConstant && random() % 10 < 8;
    samples.times.push_back(due + (jitters ? static_cast<int64_t>(random() % 60) : 0));
    samples.values.push_back(value);
    due += 15'000;
    if (mix != Mix::kNoisy) continue;
    auto kind = random() % 100;
    if (kind < 8)
      value = static_cast<double>(random() % 1'000'000) / 1000;
    else if (kind < 75)
      value += static_cast<double>(random() % 50);
  }
  return samples;
}

std::vector<Samples> make_all(Mix mix) {
  std::mt19937_64 random(42);
  std::vector<Samples> all;
  for (size_t i = 0; i < kChunks; ++i) {
    all.push_back(mix == Mix::kDataSet ? data_set_samples(i) : make_samples(mix, random));
  }
  return all;
}

template <typename Encoder>
std::string encode(Encoder& encoder, const Samples& samples) {
  for (size_t i = 0; i < kSamples; ++i) encoder.append(samples.times[i], samples.values[i]);
  return encoder.take();
}

void report(benchmark::State& state, size_t samples) {
  const auto time_per_sample =
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert;
  state.counters["sample"] = benchmark::Counter(static_cast<double>(samples), time_per_sample);
}

template <typename Encoder, ChunkEncoding kEncoding>
void decode(benchmark::State& state, Mix mix) {
  std::vector<Chunk> chunks;
  Encoder encoder;
  for (const auto& samples : make_all(mix)) {
    chunks.push_back({0, 0, kEncoding, Bytes::own(encode(encoder, samples))});
  }
  SampleColumn column;
  for (auto _ : state) {
    for (const auto& chunk : chunks) {
      column.clear();
      if (!decode_chunk(chunk, TimeRange(), column).ok()) state.SkipWithError("malformed");
      benchmark::DoNotOptimize(column.values.data());
    }
  }
  report(state, kChunks * kSamples);
}

template <typename Encoder>
void encode(benchmark::State& state, Mix mix) {
  auto all = make_all(mix);
  Encoder encoder;
  for (auto _ : state) {
    for (const auto& samples : all) benchmark::DoNotOptimize(encode(encoder, samples));
  }
  report(state, kChunks * kSamples);
}

void encode_at_once(benchmark::State& state, Mix mix) {
  auto all = make_all(mix);
  for (auto _ : state) {
    for (const auto& samples : all) {
      benchmark::DoNotOptimize(mnemo::encode_xor(samples.times, samples.values));
    }
  }
  report(state, kChunks * kSamples);
}

/// Counters of 20 buckets that grow a little from sample to sample.
std::vector<Histogram> make_histograms() {
  std::mt19937_64 random(7);
  std::vector<int64_t> counts(20, 1);
  std::vector<Histogram> histograms(kSamples);
  for (auto& h : histograms) {
    h.schema = 3;
    h.positive_spans = {{0, 12}, {3, 8}};
    int64_t before = 0;
    for (auto& count : counts) {
      count += static_cast<int64_t>(random() % 5);
      h.count += static_cast<uint64_t>(count);
      h.positive_buckets.push_back(count - before);
      before = count;
    }
    h.sum = static_cast<double>(h.count) * 1.25;
  }
  return histograms;
}

std::string encode_histograms(const std::vector<Histogram>& histograms) {
  HistogramEncoder encoder;
  int64_t time = 1'780'272'000'000;
  for (const auto& histogram : histograms) {
    auto outcome = encoder.append(time, histogram);
    if (!outcome.ok()) return {};
    time += 15'000;
  }
  return encoder.take();
}

void decode_histogram_samples(benchmark::State& state) {
  Chunk chunk{0, 0, ChunkEncoding::kHistogram, Bytes::own(encode_histograms(make_histograms()))};
  SampleColumn column;
  for (auto _ : state) {
    column.clear();
    if (!decode_chunk(chunk, TimeRange(), column).ok()) state.SkipWithError("malformed");
  }
  report(state, kSamples);
}

void encode_histogram_samples(benchmark::State& state) {
  auto histograms = make_histograms();
  for (auto _ : state) benchmark::DoNotOptimize(encode_histograms(histograms));
  report(state, kSamples);
}

void decode_xor(benchmark::State& state, Mix mix) {
  decode<XorEncoder, ChunkEncoding::kXor>(state, mix);
}
void decode_xor2(benchmark::State& state, Mix mix) {
  decode<Xor2Encoder, ChunkEncoding::kXor2>(state, mix);
}
void encode_xor(benchmark::State& state, Mix mix) { encode<XorEncoder>(state, mix); }
void encode_xor2(benchmark::State& state, Mix mix) { encode<Xor2Encoder>(state, mix); }

BENCHMARK_CAPTURE(decode_xor, noisy, Mix::kNoisy);
BENCHMARK_CAPTURE(decode_xor, data_set, Mix::kDataSet);
BENCHMARK_CAPTURE(decode_xor, constant, Mix::kConstant);
BENCHMARK_CAPTURE(decode_xor, jittered_constant, Mix::kJitteredConstant);
BENCHMARK_CAPTURE(decode_xor2, noisy, Mix::kNoisy);
BENCHMARK_CAPTURE(decode_xor2, constant, Mix::kConstant);
BENCHMARK_CAPTURE(encode_xor, noisy, Mix::kNoisy);
BENCHMARK_CAPTURE(encode_xor, constant, Mix::kConstant);
BENCHMARK_CAPTURE(encode_at_once, noisy, Mix::kNoisy);
BENCHMARK_CAPTURE(encode_xor2, noisy, Mix::kNoisy);
BENCHMARK(decode_histogram_samples);
BENCHMARK(encode_histogram_samples);

}  // namespace

BENCHMARK_MAIN();
