// SPDX-License-Identifier: Apache-2.0
#include "format/chunks_as.hpp"

#include "chunkenc/chunker.hpp"

#include <fmt/format.h>

#include <optional>
#include <span>
#include <utility>

namespace mnemo::testing {
namespace {

using Samples = std::span<const InputSample>;

/// Encodes the histogram chunks of one series one after the other, as a head does.
template <typename AnyHistogram>
class HistogramSeries {
 public:
  Result<std::string> encode(Samples samples, ChunkCounts& counts) {
    if (!encoder_) encoder_.emplace();
    MNEMO_RETURN_IF_ERROR(cut_before(samples.front()));
    for (const auto& sample : samples) {
      const auto* histogram = std::get_if<AnyHistogram>(&sample.value);
      if (histogram == nullptr) return Status::invalid_argument("another kind of sample");
      MNEMO_TRY(auto outcome, encoder_->append(sample.time, *histogram, sample.start_time));
      if (outcome == AppendOutcome::kNewChunk) {
        return Status::invalid_argument(fmt::format("the encoder would cut at {}", sample.time));
      }
      counts.recoded += outcome == AppendOutcome::kRecoded ? 1 : 0;
    }
    return BasicHistogramEncoder<AnyHistogram>(*encoder_).take();
  }

  void forget() { encoder_.reset(); }

 private:
  /// Lets the encoder ask for a new chunk where it would, else cuts by what the block has.
  Status cut_before(const InputSample& sample) {
    if (encoder_->size() == 0) return {};
    const auto* histogram = std::get_if<AnyHistogram>(&sample.value);
    if (histogram == nullptr) return Status::invalid_argument("another kind of sample");
    auto probe = *encoder_;
    MNEMO_TRY(auto outcome, probe.append(sample.time, *histogram, sample.start_time));
    if (outcome == AppendOutcome::kNewChunk) encoder_ = std::move(probe);
    encoder_->cut();
    return {};
  }

  std::optional<BasicHistogramEncoder<AnyHistogram>> encoder_;
};

Result<std::string> encode_floats(Samples samples) {
  XorEncoder encoder;
  for (const auto& sample : samples) {
    const auto* value = std::get_if<double>(&sample.value);
    if (value == nullptr) return Status::invalid_argument("another kind of sample");
    encoder.append(sample.time, *value);
  }
  return encoder.take();
}

/// One series of the block, chunk by chunk.
class SeriesComparison {
 public:
  SeriesComparison(const InputSeries& input, Comparison& out) : rest_(input.samples), out_(out) {}

  Status check(const Chunk& chunk, const std::string& place) {
    MNEMO_TRY(auto count, chunk_sample_count(chunk));
    if (count > rest_.size()) return Status::not_found("more samples than went in");
    auto samples = rest_.first(count);
    rest_ = rest_.subspan(count);
    auto& counts = out_.counts[chunk.encoding];
    MNEMO_TRY(auto ours, encode(chunk.encoding, samples, counts));
    auto theirs = chunk.data.as_string();
    bool has_header = chunk.encoding != ChunkEncoding::kXor;
    // A head's open chunk is encoded again for a block, without looking at the one before.
    if (done() && has_header && theirs[2] == 0) ours[2] = 0;
    ++counts.chunks;
    if (has_header) ++counts.headers[chunk.data[2] >> 6];
    if (ours != theirs) {
      out_.differences.push_back(
          fmt::format("{}: encoding {}, {} samples from {}: header {:02x} and ours {:02x}, {} "
                      "bytes and ours {}",
                      place, static_cast<int>(chunk.encoding), count, chunk.min_time,
                      static_cast<uint8_t>(theirs[2]), static_cast<uint8_t>(ours[2]), theirs.size(),
                      ours.size()));
    }
    return {};
  }

  bool done() const { return rest_.empty(); }

 private:
  Result<std::string> encode(ChunkEncoding encoding, Samples samples, ChunkCounts& counts) {
    if (encoding != ChunkEncoding::kHistogram) integers_.forget();
    if (encoding != ChunkEncoding::kFloatHistogram) floats_.forget();
    if (encoding == ChunkEncoding::kXor) return encode_floats(samples);
    if (encoding == ChunkEncoding::kHistogram) return integers_.encode(samples, counts);
    return floats_.encode(samples, counts);
  }

  Samples rest_;
  Comparison& out_;
  HistogramSeries<Histogram> integers_;
  HistogramSeries<FloatHistogram> floats_;
};

Status compare_series(const Block& block, const BlockSeries& series,
                      const std::map<Labels, const InputSeries*>& by_labels, Comparison& out) {
  auto name = series.labels.to_string();
  auto input = by_labels.find(series.labels);
  if (input == by_labels.end()) return Status::not_found("no such series went in: " + name);
  SeriesComparison comparison(*input->second, out);
  for (const auto& meta : series.chunks) {
    MNEMO_TRY(auto chunk, block.read_chunk(meta));
    MNEMO_RETURN_IF_ERROR(comparison.check(chunk, name).with_context(name));
  }
  return comparison.done() ? Status() : Status::not_found(name + " lacks samples");
}

}  // namespace

Result<Comparison> compare_chunks(const Block& block, const std::vector<InputSeries>& input) {
  std::map<Labels, const InputSeries*> by_labels;
  for (const auto& series : input) by_labels[series.labels] = &series;
  Comparison comparison;
  MNEMO_TRY(auto selection, block.select({}, TimeRange()));
  BlockSeries series;
  while (true) {
    MNEMO_TRY(bool more, selection->next(series));
    if (!more) return comparison;
    MNEMO_RETURN_IF_ERROR(compare_series(block, series, by_labels, comparison));
  }
}

}  // namespace mnemo::testing
