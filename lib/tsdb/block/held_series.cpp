// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/held_series.hpp"

#include "tsdb/merge/recode.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mnemo::tsdb {
namespace {

/// What a chunk takes beside its data: its place in a list, its owner, what allocations cost.
constexpr uint64_t kChunkOverhead = sizeof(Chunk) + 80;

uint64_t bytes_of(const Chunk& chunk) { return chunk.data.size() + kChunkOverhead; }

}  // namespace

uint64_t UnusualSamples::held_bytes() const {
  return sizeof(*this) + in_order_.byte_size() + in_order_.closed_chunks() * kChunkOverhead +
         late_.size() * sizeof(LateSample) + other_bytes_;
}

Status UnusualSamples::append_late(LateSample sample) {
  late_.push_back(std::move(sample));
  return late_.size() < SampleChunker::kSamplesPerChunk ? Status() : encode_late();
}

void UnusualSamples::append(Chunk chunk) {
  if (others_.empty() || chunk.min_time <= others_.back().back().max_time) others_.emplace_back();
  other_bytes_ += bytes_of(chunk);
  others_.back().push_back(std::move(chunk));
}

Status UnusualSamples::encode_late() {
  auto late = std::exchange(late_, {});
  std::stable_sort(late.begin(), late.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  // Samples of equal times go to different runs; whether they agree is seen when all is united.
  while (!late.empty()) {
    std::vector<LateSample> again;
    SampleChunker run;
    const LateSample* last = nullptr;
    for (auto& sample : late) {
      if (last != nullptr && last->time == sample.time) {
        again.push_back(sample);
        continue;
      }
      last = &sample;
      MNEMO_RETURN_IF_ERROR(std::visit(
          [&](const auto& value) { return run.append(sample.time, value, sample.start_time); },
          sample.value));
    }
    run.finish(others_.emplace_back());
    for (const auto& chunk : others_.back()) other_bytes_ += bytes_of(chunk);
    late = std::move(again);
  }
  return {};
}

Status UnusualSamples::take_chunks(std::vector<Chunk> floats, std::vector<Chunk>& chunks) {
  MNEMO_RETURN_IF_ERROR(encode_late());
  in_order_.finish(floats);
  others_.push_back(std::move(floats));
  auto sources = std::exchange(others_, {});
  return merge_chunks(sources, unite_overlaps, chunks);
}

Status HeldSeries::append(ChunkStash& stash, int64_t time, double value, int64_t start_time) {
  if (start_time != 0 || !takes_floats_ || is_late(time)) {
    return append_unusual(stash, time, value, start_time);
  }
  if (floats_.size() == 0) first_time_ = time;
  floats_.append(time, value);
  last_time_ = time;
  is_empty_ = false;
  if (floats_.size() == SampleChunker::kSamplesPerChunk) close(stash);
  return {};
}

template <typename Value>
Status HeldSeries::append_unusual(ChunkStash& stash, int64_t time, const Value& value,
                                  int64_t start_time) {
  if (is_late(time)) return unusual().append_late({time, start_time, value});
  if (takes_floats_) close(stash);
  takes_floats_ = false;
  MNEMO_RETURN_IF_ERROR(unusual().in_order().append(time, value, start_time));
  last_time_ = time;
  is_empty_ = false;
  return {};
}

template Status HeldSeries::append_unusual(ChunkStash&, int64_t, const Histogram&, int64_t);
template Status HeldSeries::append_unusual(ChunkStash&, int64_t, const FloatHistogram&, int64_t);

UnusualSamples& HeldSeries::unusual() {
  if (unusual_ == nullptr) unusual_ = std::make_unique<UnusualSamples>();
  return *unusual_;
}

/// Moves the open chunk to the stash.
void HeldSeries::close(ChunkStash& stash) {
  if (floats_.size() == 0) return;
  auto data = Bytes::own(floats_.take());
  closed_ = stash.add(closed_, first_time_, last_time_, ChunkEncoding::kXor, data);
}

void HeldSeries::take_stored(ChunkStash& stash, std::vector<StoredChunk>& chunks) {
  close(stash);
  ChunkStash::list(std::exchange(closed_, nullptr), chunks);
}

Status HeldSeries::take_chunks(ChunkStash& stash, std::vector<Chunk>& chunks) {
  std::vector<StoredChunk> stored;
  take_stored(stash, stored);
  std::vector<Chunk> floats;
  floats.reserve(stored.size());
  for (const auto& [min_time, max_time, view] : stored) {
    floats.push_back({min_time, max_time, view.encoding, Bytes(view.data, nullptr)});
  }
  return unusual().take_chunks(std::move(floats), chunks);
}

}  // namespace mnemo::tsdb
