// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/block_stream.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace mnemo {
namespace {

// Each batch is a request at least, and those cost money: none are smaller for an earlier first
// answer. Where the bucket is slow they grow.
constexpr size_t kUsualEntries = 1024;
constexpr size_t kMostEntries = 8192;
constexpr auto kSlow = std::chrono::milliseconds(8);

using Clock = std::chrono::steady_clock;

/// The size of the next batch, `begin` being when the reading of the last one began.
template <typename Size>
Size grown(Size size, Size most, Clock::time_point begin) {
  return Clock::now() - begin > kSlow ? std::min(2 * size, most) : size;
}

}  // namespace

BlockStream::BlockStream(const Context& context, std::shared_ptr<const BucketBlock> block,
                         std::vector<Matcher> matchers, const SeriesRequest& request,
                         BatchBytes batches, std::shared_ptr<QueryStats> stats)
    : context_(context),
      block_(std::move(block)),
      matchers_(std::move(matchers)),
      range_(request.range),
      aggregates_(request.aggregates),
      skip_chunks_(request.skip_chunks),
      finisher_(external_labels(block_->meta()), request.without_replica_labels),
      shard_(request.shard_info),
      batch_bytes_(batches.usual),
      batches_(batches),
      stats_(std::move(stats)),
      entries_at_once_(kUsualEntries) {}

Result<bool> BlockStream::next(Series& series) {
  if (next_in_batch_ == batch_size_) {
    if (!header_) MNEMO_RETURN_IF_ERROR(select());
    MNEMO_RETURN_IF_ERROR(fill_batch());
    if (batch_size_ == 0) return false;
  }
  series.chunks.clear();
  std::swap(series, batch_[next_in_batch_++]);
  return true;
}

Status BlockStream::select() {
  MNEMO_TRY(header_, block_->header(context_));
  MNEMO_TRY(auto selection, block_->select(context_, *header_, matchers_, *stats_));
  refs_ = std::move(selection.refs);
  remaining_ = std::move(selection.remaining);
  if (remaining_.empty()) MNEMO_RETURN_IF_ERROR(stats_->series_limit.reserve(refs_.size()));
  if (refs_.empty() && stats_->metrics) stats_->metrics->empty_postings.increment();
  labels_.emplace(header_->symbols, refs_.size());
  const auto& table = header_->postings_table;
  order_.emplace(
      finisher_.rewrites([&](std::string_view name) { return table.value_count(name) > 0; }));
  return {};
}

Status BlockStream::read_more_entries() {
  MNEMO_RETURN_IF_ERROR(context_.check());
  size_t count = std::min(entries_at_once_, refs_.size() - next_ref_);
  auto refs = std::span(refs_).subspan(next_ref_, count);
  next_ref_ += count;
  auto begin = Clock::now();
  auto status = block_->read_entries(context_, *header_, refs, *stats_,
                                     [&](std::span<const uint8_t> content, uint64_t offset) {
                                       auto added = add_entry(content, offset);
                                       return std::move(added).with_context(header_->object);
                                     });
  entries_at_once_ = grown(entries_at_once_, kMostEntries, begin);
  return status;
}

/// Keeps a series if it has chunks in the range and belongs to the shard.
Status BlockStream::add_entry(std::span<const uint8_t> content, uint64_t offset) {
  MNEMO_RETURN_IF_ERROR(tsdb::decode_series_entry(content, offset, symbols_, &chunks_, range_));
  if (header_->version == tsdb::IndexVersion::kV1) MNEMO_RETURN_IF_ERROR(number_symbols(offset));
  if (chunks_.empty()) return {};
  MNEMO_RETURN_IF_ERROR(labels_->resolve(symbols_, offset, own_));
  if (!remaining_.empty()) {
    if (!matches_all(remaining_, own_)) {
      if (stats_->metrics) {
        stats_->metrics->lazy_overfetched_bytes.increment(static_cast<double>(content.size()));
      }
      return {};
    }
    MNEMO_RETURN_IF_ERROR(stats_->series_limit.reserve(1));
  }
  auto finished = finisher_.finish(own_);
  if (!shard_.matches(finished)) return {};
  if (!skip_chunks_) MNEMO_RETURN_IF_ERROR(stats_->chunk_limit.reserve(chunks_.size()));
  order_->push(own_, std::move(finished), std::move(chunks_));
  chunks_ = {};
  if (!spare_chunks_.empty()) {
    chunks_ = std::move(spare_chunks_.back());
    spare_chunks_.pop_back();
  }
  return {};
}

/// In version 1, entries refer to symbols by their offsets.
Status BlockStream::number_symbols(uint64_t offset) {
  for (auto& label : symbols_) {
    for (uint32_t* symbol : {&label.name, &label.value}) {
      auto number = header_->symbols.number_at(*symbol);
      if (!number.ok()) {
        return Status::data_loss(tsdb::located("series entry", offset, number.status().message()));
      }
      *symbol = *number;
    }
  }
  return {};
}

Status BlockStream::fill_batch() {
  std::move(batch_metas_.begin(), batch_metas_.end(), std::back_inserter(spare_chunks_));
  batch_metas_.clear();
  batch_size_ = 0;
  next_in_batch_ = 0;
  while (order_->empty() && !all_entries_read()) MNEMO_RETURN_IF_ERROR(read_more_entries());
  if (all_entries_read() && !order_finished_) {
    order_finished_ = true;
    order_->finish();
  }
  uint64_t bytes = 0;
  while (!order_->empty() && (batch_size_ == 0 || bytes < batch_bytes_)) {
    auto entry = order_->pop();
    bytes += entry.finished.memory_bytes() + block_->estimate_bytes(entry.payload);
    auto& series = add_to_batch();
    series.labels = std::move(entry.finished);
    if (!skip_chunks_) series.chunks.resize(entry.payload.size());
    batch_metas_.push_back(std::move(entry.payload));
  }
  return skip_chunks_ ? Status() : read_chunks();
}

/// A series without chunks, whose storage may have served before.
Series& BlockStream::add_to_batch() {
  if (batch_size_ == batch_.size()) batch_.emplace_back();
  auto& series = batch_[batch_size_++];
  series.chunks.clear();
  return series;
}

/// The chunks of the batch.
Status BlockStream::read_chunks() {
  std::vector<WantedChunk> wanted;
  for (size_t i = 0; i < batch_size_; ++i) {
    for (size_t j = 0; j < batch_metas_[i].size(); ++j) {
      wanted.push_back({batch_metas_[i][j], &batch_[i].chunks[j]});
    }
  }
  auto begin = Clock::now();
  auto status = block_->read_chunks(context_, std::move(wanted), aggregates_, *stats_);
  batch_bytes_ = grown(batch_bytes_, batches_.most, begin);
  return status;
}

}  // namespace mnemo
