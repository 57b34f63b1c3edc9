// SPDX-License-Identifier: Apache-2.0
#include "store/local/local_block_stream.hpp"

#include "store/aggregates.hpp"
#include "tsdb/merge/recode.hpp"

#include <algorithm>

namespace mnemo {
namespace {

bool any_deleted(const ChunkMeta& chunk, const std::vector<TimeRange>& deleted) {
  return std::any_of(deleted.begin(), deleted.end(),
                     [&](const TimeRange& range) { return range.overlaps(chunk.range()); });
}

}  // namespace

LocalBlockStream::LocalBlockStream(const Context& context, std::shared_ptr<const Block> block,
                                   const Labels& external, std::vector<Matcher> matchers,
                                   const SeriesRequest& request)
    : context_(context),
      block_(std::move(block)),
      matchers_(std::move(matchers)),
      range_(request.range),
      aggregates_(request.aggregates),
      skip_chunks_(request.skip_chunks),
      finisher_(external, request.without_replica_labels),
      shard_(request.shard_info) {}

Result<bool> LocalBlockStream::next(Series& series) {
  if (!selection_) MNEMO_RETURN_IF_ERROR(select());
  while (true) {
    MNEMO_RETURN_IF_ERROR(read_until_ready());
    if (order_->empty()) return false;
    auto entry = order_->pop();
    series.labels = std::move(entry.finished);
    series.chunks.clear();
    if (skip_chunks_) return true;
    MNEMO_RETURN_IF_ERROR(read_chunks(entry.payload, series));
    if (!series.chunks.empty()) return true;
  }
}

Status LocalBlockStream::select() {
  MNEMO_TRY(auto names, block_->label_names({}));
  bool rewrites = finisher_.rewrites(
      [&](std::string_view name) { return std::binary_search(names.begin(), names.end(), name); });
  order_ = std::make_unique<SeriesOrder<BlockSeries>>(rewrites);
  MNEMO_TRY(selection_, block_->select(matchers_, range_));
  return {};
}

Status LocalBlockStream::read_until_ready() {
  while (order_->empty() && !selection_ended_) {
    MNEMO_RETURN_IF_ERROR(context_.check());
    BlockSeries series;
    MNEMO_TRY(bool more, selection_->next(series));
    if (!more) {
      selection_ended_ = true;
      order_->finish();
      return {};
    }
    auto own = std::move(series.labels);
    auto finished = finisher_.finish(own);
    if (!shard_.matches(finished)) continue;
    order_->push(own, std::move(finished), std::move(series));
  }
  return {};
}

Status LocalBlockStream::read_chunks(const BlockSeries& from, Series& to) const {
  to.chunks.reserve(from.chunks.size());
  for (const auto& meta : from.chunks) {
    MNEMO_RETURN_IF_ERROR(read_chunk(meta, from.deleted, to.chunks));
  }
  return {};
}

Status LocalBlockStream::read_chunk(const ChunkMeta& meta, const std::vector<TimeRange>& deleted,
                                    std::vector<AggregateChunk>& to) const {
  MNEMO_TRY(auto chunk, block_->read_chunk(meta));
  std::vector<Chunk> chunks;
  if (any_deleted(meta, deleted)) {
    MNEMO_RETURN_IF_ERROR(tsdb::append_without(chunk, deleted, chunks)
                              .with_context("block " + block_->meta().ulid.to_string()));
  } else {
    chunks.push_back(std::move(chunk));
  }
  for (const auto& each : chunks) {
    MNEMO_RETURN_IF_ERROR(place_chunk(each, aggregates_, to.emplace_back()));
  }
  return {};
}

}  // namespace mnemo
