// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_block.hpp"
#include "tsdb/index/series.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

constexpr uint64_t kMaxEntrySize = 64U << 20;

}  // namespace

Status BucketBlock::read_entries(const Context& context, const IndexHeader& header,
                                 std::span<const tsdb::SeriesRef> refs, QueryStats& stats,
                                 const EntryVisitor& visit) const {
  MNEMO_TRY(auto entries, entry_bytes(context, header, refs, stats));
  for (size_t i = 0; i < refs.size(); ++i) {
    uint64_t offset = header.offset_of(refs[i]);
    MNEMO_TRY(auto content,
              tsdb::series_entry_content(entries[i], offset).with_context(header.object));
    stats.series.touch(1, content.size());
    MNEMO_RETURN_IF_ERROR(visit(content, offset));
  }
  return {};
}

/// Null where there is none; entries that lie on this machine are read sooner than looked up.
IndexCache* BucketBlock::series_cache() const {
  auto* cache = surroundings_->index_cache.get();
  bool helps = cache != nullptr && cache->is_enabled(IndexItem::kSeries) &&
               !surroundings_->reader.bucket()->is_local();
  return helps ? cache : nullptr;
}

/// The whole entries, from the cache or the bucket; what comes from the cache is right.
Result<std::vector<Bytes>> BucketBlock::entry_bytes(const Context& context,
                                                    const IndexHeader& header,
                                                    std::span<const tsdb::SeriesRef> refs,
                                                    QueryStats& stats) const {
  std::vector<Bytes> entries(refs.size());
  std::vector<size_t> missing;
  auto* cache = series_cache();
  if (cache == nullptr) {
    for (size_t i = 0; i < refs.size(); ++i) missing.push_back(i);
  } else {
    std::vector<std::string> keys;
    keys.reserve(refs.size());
    for (auto ref : refs) keys.push_back(IndexCache::series_key(meta_->ulid, ref));
    auto cached = cache->fetch(context, IndexItem::kSeries, keys);
    uint64_t bytes = 0;
    for (size_t i = 0; i < refs.size(); ++i) {
      bool is_right = cached[i] && tsdb::series_entry_content(*cached[i], 0).ok();
      if (!is_right) {
        missing.push_back(i);
        continue;
      }
      bytes += cached[i]->size();
      entries[i] = *std::move(cached[i]);
    }
    MNEMO_RETURN_IF_ERROR(stats.byte_limit.reserve(bytes));
  }
  MNEMO_RETURN_IF_ERROR(fetch_entries(context, header, refs, missing, stats, entries));
  return entries;
}

Status BucketBlock::fetch_entries(const Context& context, const IndexHeader& header,
                                  std::span<const tsdb::SeriesRef> refs,
                                  std::span<const size_t> missing, QueryStats& stats,
                                  std::vector<Bytes>& entries) const {
  if (missing.empty()) return {};
  std::vector<ByteRange> ranges;
  ranges.reserve(missing.size());
  uint64_t end = header.end_of(header.toc.series);
  for (size_t i : missing) {
    uint64_t offset = header.offset_of(refs[i]);
    if (offset < header.toc.series || offset >= end) {
      return Status::data_loss(header.object + ": " +
                               tsdb::located("series entry", offset, "lies outside its section"));
    }
    ranges.push_back({offset, std::min(entry_size_, end - offset)});
  }
  auto* cache = series_cache();
  auto& reads = stats.series.reads;
  stats.series.fetched += missing.size();
  auto keep = [&](size_t number, const Bytes& bytes) -> Status {
    size_t i = missing[number];
    auto piece = bytes;
    uint64_t offset = ranges[number].offset;
    uint64_t size = tsdb::series_entry_size(piece).value_or(0);
    if (size > piece.size() && size <= end - offset && size <= kMaxEntrySize) {
      if (stats.metrics) stats.metrics->series_refetches.increment();
      ByteRange whole{offset, size};
      MNEMO_TRY(auto again, surroundings_->reader.read(context, header.object, {&whole, 1}, reads));
      piece = std::move(again[0]);
    }
    if (size > 0 && size <= piece.size()) piece = piece.slice(0, size);
    if (cache != nullptr && tsdb::series_entry_content(piece, offset).ok()) {
      cache->store(IndexItem::kSeries, IndexCache::series_key(meta_->ulid, refs[i]), piece);
    }
    entries[i] = std::move(piece);
    return {};
  };
  return surroundings_->reader.read_each(context, header.object, ranges, reads, keep);
}

}  // namespace mnemo
