// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/chunker.hpp"

#include <type_traits>
#include <utility>

namespace mnemo {

SampleKind sample_kind(ChunkEncoding encoding) {
  switch (encoding) {
    case ChunkEncoding::kXor:
    case ChunkEncoding::kXor2: return SampleKind::kFloat;
    case ChunkEncoding::kHistogram:
    case ChunkEncoding::kHistogramSt: return SampleKind::kHistogram;
    case ChunkEncoding::kFloatHistogram:
    case ChunkEncoding::kFloatHistogramSt: return SampleKind::kFloatHistogram;
    case ChunkEncoding::kNone:
    case ChunkEncoding::kAggregate: break;
  }
  return SampleKind::kNone;
}

/// Makes sure that a chunk is open that can take a sample.
Status SampleChunker::prepare(ChunkEncoding wanted, int64_t start_time) {
  if (fixed_) {
    if (sample_kind(*fixed_) != sample_kind(wanted)) {
      return Status::invalid_argument("a sample that the chunk's encoding can't hold");
    }
    wanted = *fixed_;
  }
  bool fits = encoding_ != ChunkEncoding::kNone && sample_kind(encoding_) == sample_kind(wanted) &&
              count_ < max_samples_;
  if (fits && encoding_ != wanted) {
    // XOR2 can go on without start timestamps; XOR can't begin to have them.
    fits = sample_kind(wanted) == SampleKind::kFloat &&
           !(start_time != 0 && encoding_ == ChunkEncoding::kXor);
  }
  if (fits) return {};
  close();
  open(wanted);
  return {};
}

void SampleChunker::open(ChunkEncoding encoding) {
  encoding_ = encoding;
  switch (encoding) {
    case ChunkEncoding::kXor: encoder_.emplace<XorEncoder>(); break;
    case ChunkEncoding::kXor2: encoder_.emplace<Xor2Encoder>(); break;
    case ChunkEncoding::kHistogram: encoder_.emplace<HistogramEncoder>(); break;
    case ChunkEncoding::kFloatHistogram: encoder_.emplace<FloatHistogramEncoder>(); break;
    case ChunkEncoding::kHistogramSt:
      encoder_.emplace<HistogramEncoder>(StartTimes::kStored);
      break;
    case ChunkEncoding::kFloatHistogramSt:
      encoder_.emplace<FloatHistogramEncoder>(StartTimes::kStored);
      break;
    case ChunkEncoding::kNone:
    case ChunkEncoding::kAggregate: encoder_ = std::monostate(); break;
  }
}

void SampleChunker::emit(std::string data) {
  if (count_ > 0) {
    closed_bytes_ += data.size();
    data.shrink_to_fit();
    closed_.push_back({min_time_, max_time_, encoding_, Bytes::own(std::move(data))});
  }
  count_ = 0;
}

void SampleChunker::close() {
  std::visit(
      [&](auto& encoder) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(encoder)>, std::monostate>) {
          if (count_ > 0) emit(encoder.take());
        }
      },
      encoder_);
  encoding_ = ChunkEncoding::kNone;
}

void SampleChunker::count(int64_t time) {
  if (count_++ == 0) min_time_ = time;
  max_time_ = time;
}

Status SampleChunker::append(int64_t time, double value, int64_t start_time) {
  auto wanted = start_time != 0 ? ChunkEncoding::kXor2 : ChunkEncoding::kXor;
  MNEMO_RETURN_IF_ERROR(prepare(wanted, start_time));
  if (auto* encoder = std::get_if<XorEncoder>(&encoder_)) {
    encoder->append(time, value);
  } else {
    std::get<Xor2Encoder>(encoder_).append(time, value, start_time);
  }
  count(time);
  return {};
}

template <typename AnyHistogram>
Status SampleChunker::append_histogram(int64_t time, const AnyHistogram& histogram,
                                       int64_t start_time) {
  auto& encoder = std::get<BasicHistogramEncoder<AnyHistogram>>(encoder_);
  MNEMO_TRY(auto outcome, encoder.append(time, histogram, start_time));
  if (outcome == AppendOutcome::kNewChunk) {
    emit(encoder.cut());
    MNEMO_TRY(outcome, encoder.append(time, histogram, start_time));
    if (outcome == AppendOutcome::kNewChunk) {
      return Status::internal("a histogram that begins no chunk");
    }
  }
  count(time);
  return {};
}

Status SampleChunker::append(int64_t time, const Histogram& histogram, int64_t start_time) {
  auto wanted = start_time != 0 ? ChunkEncoding::kHistogramSt : ChunkEncoding::kHistogram;
  MNEMO_RETURN_IF_ERROR(prepare(wanted, start_time));
  return append_histogram(time, histogram, start_time);
}

Status SampleChunker::append(int64_t time, const FloatHistogram& histogram, int64_t start_time) {
  auto wanted = start_time != 0 ? ChunkEncoding::kFloatHistogramSt : ChunkEncoding::kFloatHistogram;
  MNEMO_RETURN_IF_ERROR(prepare(wanted, start_time));
  return append_histogram(time, histogram, start_time);
}

void SampleChunker::finish(std::vector<Chunk>& chunks) {
  close();
  if (chunks.empty()) {
    chunks = std::move(closed_);
  } else {
    chunks.insert(chunks.end(), closed_.begin(), closed_.end());
  }
  closed_.clear();
  closed_bytes_ = 0;
}

Result<ChunkSamples> ChunkSamples::decode(const Chunk& chunk) {
  ChunkSamples samples;
  samples.encoding_ = chunk.encoding;
  if (sample_kind(chunk.encoding) == SampleKind::kHistogram) {
    MNEMO_RETURN_IF_ERROR(decode_histogram_chunk(chunk, TimeRange(), samples.integers_));
    for (const auto& sample : samples.integers_) samples.times_.push_back(sample.time);
  } else {
    MNEMO_RETURN_IF_ERROR(decode_chunk(chunk, TimeRange(), samples.column_));
    samples.times_ = std::move(samples.column_.times);
  }
  return samples;
}

Status ChunkSamples::append_to(SampleChunker& chunker, size_t i) const {
  if (!integers_.empty()) {
    return chunker.append(times_[i], integers_[i].histogram, start_time(i));
  }
  if (const auto* histogram = column_.histogram(i)) {
    return chunker.append(times_[i], *histogram, start_time(i));
  }
  return chunker.append(times_[i], column_.values[i], start_time(i));
}

}  // namespace mnemo
