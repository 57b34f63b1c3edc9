// SPDX-License-Identifier: Apache-2.0
//
// Downsampling in nanoseconds a raw sample, decoding and encoding included: 40 series of two days,
// a quarter each counters at jittering times, noisy gauges, ratios and constants; and histograms.
#include "workload.hpp"

#include "chunkenc/chunker.hpp"
#include "downsample/series.hpp"
#include "downsample/windows.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

namespace {

using namespace mnemo;

constexpr uint64_t kSeries = 40;
constexpr uint64_t kBlocks = 24;
constexpr uint64_t kSamples = kBlocks * bench::kBlockRange / bench::kStep;

std::vector<Chunk> float_chunks(uint64_t number) {
  SampleChunker chunker;
  for (uint64_t block = 0; block < kBlocks; ++block) {
    bench::SeriesSamples samples(number, block);
    for (uint64_t i = 0; i < kSamples / kBlocks; ++i, samples.next()) {
      if (!chunker.append(samples.time(), samples.value(), 0).ok()) return {};
    }
  }
  std::vector<Chunk> chunks;
  chunker.finish(chunks);
  return chunks;
}

std::vector<Chunk> histogram_chunks() {
  bench::Random random(7);
  SampleChunker chunker;
  std::vector<int64_t> counts(20, 1);
  for (uint64_t i = 0; i < kSamples; ++i) {
    Histogram h;
    h.schema = 3;
    h.positive_spans = {{0, 12}, {3, 8}};
    int64_t before = 0;
    for (auto& count : counts) {
      count += static_cast<int64_t>(random.below(5));
      h.count += static_cast<uint64_t>(count);
      h.positive_buckets.push_back(count - before);
      before = count;
    }
    h.sum = static_cast<double>(h.count) * 1.25;
    int64_t time = bench::kStart + static_cast<int64_t>(i) * bench::kStep;
    if (!chunker.append(time, h, 0).ok()) return {};
  }
  std::vector<Chunk> chunks;
  chunker.finish(chunks);
  return chunks;
}

void report(benchmark::State& state, uint64_t samples) {
  const auto time_per_sample =
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert;
  state.counters["sample"] = benchmark::Counter(static_cast<double>(samples), time_per_sample);
}

void raw_floats_to_5m(benchmark::State& state) {
  std::vector<std::vector<Chunk>> series;
  for (uint64_t i = 0; i < kSeries; ++i) series.push_back(float_chunks(i));
  SampleColumn scratch;
  std::vector<Chunk> out;
  for (auto _ : state) {
    for (const auto& chunks : series) {
      if (!downsample::downsample_raw(chunks, {}, downsample::kFiveMinutes, scratch, out).ok()) {
        state.SkipWithError("malformed");
      }
    }
  }
  report(state, kSeries * kSamples);
}

void floats_5m_to_1h(benchmark::State& state) {
  std::vector<std::vector<Chunk>> series(kSeries);
  SampleColumn scratch;
  std::vector<Chunk> out;
  for (uint64_t i = 0; i < kSeries; ++i) {
    auto status = downsample::downsample_raw(float_chunks(i), {}, downsample::kFiveMinutes, scratch,
                                             series[i]);
    if (!status.ok()) state.SkipWithError("malformed");
  }
  for (auto _ : state) {
    for (const auto& chunks : series) {
      auto status = downsample::downsample_aggregated(chunks, downsample::kFiveMinutes,
                                                      downsample::kOneHour, out);
      if (!status.ok()) state.SkipWithError("malformed");
    }
  }
  report(state, kSeries * kSamples);
}

void raw_histograms_to_5m(benchmark::State& state) {
  auto chunks = histogram_chunks();
  SampleColumn scratch;
  std::vector<Chunk> out;
  for (auto _ : state) {
    if (!downsample::downsample_raw(chunks, {}, downsample::kFiveMinutes, scratch, out).ok()) {
      state.SkipWithError("malformed");
    }
  }
  report(state, kSamples);
}

BENCHMARK(raw_floats_to_5m);
BENCHMARK(floats_5m_to_1h);
BENCHMARK(raw_histograms_to_5m);

}  // namespace

BENCHMARK_MAIN();
