// SPDX-License-Identifier: Apache-2.0
#include "query/chunk_source.hpp"

#include "model/chain.hpp"
#include "query/chunk_samples.hpp"
#include "query/overlap.hpp"
#include "store/series_stream.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

using Lanes = std::vector<std::vector<AggregateChunk>>;

class ChunkSource final : public SampleSource {
 public:
  ChunkSource(std::shared_ptr<const ChunkReading> reading, std::vector<AggregateChunk> chunks)
      : reading_(std::move(reading)), has_counters_(any_counter(chunks)) {
    if (!reading_->deduplicate && reads_counters()) {
      lanes_.push_back(std::move(chunks));  // one counter, found in all chunks in their order
    } else {
      lanes_ = split_overlapping(std::move(chunks));
    }
  }

  Status read(TimeRange range, SampleColumn& out) const override {
    range = range.intersect(reading_->range);
    if (lanes_.empty() || range.empty()) {
      out.clear();
      return {};
    }
    if (lanes_.size() == 1) return read_one(lanes_[0], range, out);
    if (!reading_->deduplicate) return read_chained(range, out);
    return read_deduplicated(range, out);
  }

  size_t memory_bytes() const override {
    size_t bytes = sizeof(*this);
    for (const auto& lane : lanes_) {
      for (const auto& chunk : lane) bytes += mnemo::memory_bytes(chunk);
    }
    return bytes;
  }

 private:
  /// Whether there are counter aggregates, which have to be adjusted to mean anything.
  static bool any_counter(const std::vector<AggregateChunk>& chunks) {
    return std::any_of(chunks.begin(), chunks.end(), [](const AggregateChunk& chunk) {
      return chunk.get(Aggregate::kCounter) != nullptr;
    });
  }

  bool reads_counters() const {
    return has_counters_ && reading_->aggregates.size() == 1 &&
           reading_->aggregates[0] == Aggregate::kCounter;
  }

  Status read_one(const std::vector<AggregateChunk>& lane, TimeRange range,
                  SampleColumn& out) const {
    if (reads_counters()) return read_counter_lane(lane, range, out);
    return read_lane(lane, reading_->aggregates, range, out);
  }

  Status read_chained(TimeRange range, SampleColumn& out) const {
    std::vector<SampleColumn> parts(lanes_.size());
    for (size_t i = 0; i < lanes_.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(read_one(lanes_[i], range, parts[i]));
    }
    merge_chained(parts, out);
    return {};
  }

  /// Which replica is chosen depends on everything before, so all of the selection is read.
  Status read_deduplicated(TimeRange range, SampleColumn& out) const {
    bool adjust = reads_counters() || reading_->hides_raw_resets;
    std::vector<SampleColumn> replicas(lanes_.size());
    for (size_t i = 0; i < lanes_.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(
          adjust ? read_counter_lane(lanes_[i], reading_->range, replicas[i])
                 : read_lane(lanes_[i], reading_->aggregates, reading_->range, replicas[i]));
    }
    deduplicate_by_penalty(replicas, adjust ? reading_->kind : DedupKind::kGauge, out);
    if (!(range == reading_->range)) cut_to(range, out);
    return {};
  }

  std::shared_ptr<const ChunkReading> reading_;
  bool has_counters_;
  Lanes lanes_;
};

}  // namespace

std::shared_ptr<const SampleSource> make_chunk_source(std::shared_ptr<const ChunkReading> reading,
                                                      std::vector<AggregateChunk> chunks) {
  return std::make_shared<ChunkSource>(std::move(reading), std::move(chunks));
}

}  // namespace mnemo
