// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/aggregate.hpp"
#include "chunkenc/chunker.hpp"
#include "chunkenc/decode.hpp"
#include "fuzz/targets.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <vector>

namespace mnemo::fuzz {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

int64_t start_time(const SampleColumn& samples, size_t i) {
  return samples.start_times.empty() ? 0 : samples.start_times[i];
}

/// Samples that come in order can be encoded anew, as merging does with chunks that overlap, and
/// come out the same. Which buckets a histogram's spans name, empty ones included, may change.
void encode_again(const Chunk& chunk, const SampleColumn& samples) {
  const auto& times = samples.times;
  if (std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) != times.end()) return;
  auto decoded = ChunkSamples::decode(chunk);
  require(decoded.ok() && decoded->times() == times);
  SampleChunker chunker;
  for (size_t i = 0; i < times.size(); ++i) {
    if (!decoded->append_to(chunker, i).ok()) return;
  }
  std::vector<Chunk> chunks;
  chunker.finish(chunks);
  SampleColumn again;
  for (const auto& each : chunks) require(decode_chunk(each, TimeRange(), again).ok());
  require(again.times == times);
  for (size_t i = 0; i < times.size(); ++i) {
    require(same_bits(again.values[i], samples.values[i]));
    require(start_time(again, i) == start_time(samples, i));
    const auto* a = again.histogram(i);
    const auto* b = samples.histogram(i);
    require((a == nullptr) == (b == nullptr));
    if (a == nullptr || is_stale_nan(b->sum)) continue;
    require(a->schema == b->schema && same_bits(a->count, b->count) &&
            same_bits(a->zero_count, b->zero_count));
  }
}

/// Samples come, or an error and no sample; columns have one length; a range gives no more than
/// everything does.
void decode(const Chunk& chunk) {
  SampleColumn all;
  auto status = decode_chunk(chunk, TimeRange(), all);
  require(status.ok() || all.empty());
  require(all.values.size() == all.size());
  require(all.histograms.empty() || all.histograms.size() == all.size());
  require(all.start_times.empty() || all.start_times.size() == all.size());
  SampleColumn some;
  auto some_status = decode_chunk(chunk, {0, 1'000'000}, some);
  require(!status.ok() || (some_status.ok() && some.size() <= all.size()));
  if (sample_kind(chunk.encoding) == SampleKind::kHistogram) {
    std::vector<HistogramSample> integers;
    auto integers_status = decode_histogram_chunk(chunk, TimeRange(), integers);
    require(integers_status.ok() == status.ok() && integers.size() == all.size());
  }
  if (!status.ok()) return;
  auto count = chunk_sample_count(chunk);
  require(count.ok() && *count == all.size());
  encode_again(chunk, all);
}

/// The parts are decoded like chunks of their own; what was split joins to the same parts.
void split(const Chunk& chunk) {
  auto parts = split_aggregate(chunk);
  if (!parts.ok()) return;
  for (const auto& part : parts->parts) {
    if (part) decode(*part);
  }
  auto joined = join_aggregate(*parts);
  auto again = split_aggregate({0, 0, ChunkEncoding::kAggregate, Bytes::own(joined)});
  require(again.ok());
  for (size_t i = 0; i < parts->parts.size(); ++i) {
    const auto& a = parts->parts[i];
    const auto& b = again->parts[i];
    require(a.has_value() == b.has_value());
    require(!a || (a->encoding == b->encoding && a->data == b->data));
  }
}

}  // namespace

template <int kEncoding>
void run_chunk(std::span<const uint8_t> data) {
  constexpr auto kKind = static_cast<ChunkEncoding>(kEncoding);
  Chunk chunk{0, 0, kKind, Bytes(data, nullptr)};
  if constexpr (kKind == ChunkEncoding::kAggregate) {
    split(chunk);
  } else {
    decode(chunk);
  }
}

template void run_chunk<1>(std::span<const uint8_t>);
template void run_chunk<2>(std::span<const uint8_t>);
template void run_chunk<3>(std::span<const uint8_t>);
template void run_chunk<4>(std::span<const uint8_t>);
template void run_chunk<5>(std::span<const uint8_t>);
template void run_chunk<6>(std::span<const uint8_t>);
template void run_chunk<255>(std::span<const uint8_t>);

}  // namespace mnemo::fuzz
