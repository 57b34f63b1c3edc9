// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_postings.hpp"

#include "base/varint.hpp"
#include "store/bucket/postings_codec.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <utility>

namespace mnemo {
namespace {

/// Guessed length of a postings list whose end isn't known.
constexpr uint64_t kGuessedListSize = 64U << 10;

uint64_t list_size(const Bytes& bytes) {
  return 4 + static_cast<uint64_t>(load_be32(bytes.data())) + tsdb::kCrcSize;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Bytes pack_postings(std::span<const tsdb::SeriesRef> postings, BucketStoreMetrics* metrics) {
  auto start = std::chrono::steady_clock::now();
  auto packed = Bytes::own(encode_postings(postings));
  if (metrics == nullptr) return packed;
  metrics->encode.runs.increment();
  metrics->encode.seconds.increment(seconds_since(start));
  metrics->cached_postings_plain_bytes.increment(
      static_cast<double>(postings.size() * sizeof(tsdb::SeriesRef)));
  metrics->cached_postings_compressed_bytes.increment(static_cast<double>(packed.size()));
  return packed;
}

Result<tsdb::Postings> unpack_postings(const Bytes& packed, BucketStoreMetrics* metrics) {
  auto start = std::chrono::steady_clock::now();
  auto postings = decode_postings(packed);
  if (metrics == nullptr) return postings;
  metrics->decode.runs.increment();
  metrics->decode.seconds.increment(seconds_since(start));
  if (!postings.ok()) metrics->decode.errors.increment();
  return postings;
}

Status BucketPostings::for_each_value(std::string_view name, std::string_view prefix,
                                      const std::function<void(std::string_view)>& visit) const {
  if (name.empty()) return {};  // stands for all series
  header_.postings_table.for_each(name, prefix,
                                  [&](const tsdb::PostingsEntry& entry) { visit(entry.value); });
  return {};
}

std::vector<BucketPostings::List> BucketPostings::locate(
    std::span<const tsdb::PostingsTerm> terms) const {
  std::vector<List> lists;
  auto add = [&](size_t term, const tsdb::PostingsEntry& entry) {
    uint64_t latest = header_.end_of(entry.offset);
    uint64_t end = entry.next_offset > entry.offset
                       ? entry.next_offset
                       : std::min(latest, entry.offset + kGuessedListSize);
    lists.push_back({term, terms[term].name, entry.value, {entry.offset, end - entry.offset}});
  };
  for (size_t i = 0; i < terms.size(); ++i) {
    const auto& term = terms[i];
    if (term.name.empty() && term.values.empty()) {
      if (auto all = header_.postings_table.all_series()) add(i, *all);
    }
    header_.postings_table.find_each(term.name, term.values,
                                     [&](const tsdb::PostingsEntry& entry) { add(i, entry); });
  }
  return lists;
}

Result<std::vector<tsdb::Postings>> BucketPostings::fetch(
    std::span<const tsdb::PostingsTerm> terms) const {
  auto lists = locate(terms);
  std::vector<tsdb::Postings> postings(lists.size());
  Status failure;
  auto missing = take_cached(lists, postings, failure);
  MNEMO_RETURN_IF_ERROR(failure);
  MNEMO_RETURN_IF_ERROR(read_lists(lists, missing, postings));

  std::vector<std::vector<tsdb::Postings>> by_term(terms.size());
  for (size_t i = 0; i < lists.size(); ++i) {
    stats_.postings.touch(1, postings[i].size() * sizeof(tsdb::SeriesRef));
    by_term[lists[i].term].push_back(std::move(postings[i]));
  }
  std::vector<tsdb::Postings> results;
  results.reserve(terms.size());
  for (auto& of_term : by_term) results.push_back(tsdb::unite(std::move(of_term)));
  return results;
}

/// Fills in what the cache has; returns the numbers of the other lists.
std::vector<size_t> BucketPostings::take_cached(std::span<const List> lists,
                                                std::vector<tsdb::Postings>& results,
                                                Status& failure) const {
  std::vector<size_t> missing(lists.size());
  std::iota(missing.begin(), missing.end(), 0);
  if (cache_ == nullptr || !cache_->is_enabled(IndexItem::kPostings)) return missing;
  std::vector<std::string> keys;
  keys.reserve(lists.size());
  for (const auto& list : lists) {
    keys.push_back(IndexCache::postings_key(block_, list.name, list.value));
  }
  auto cached = cache_->fetch(context_, IndexItem::kPostings, keys);
  uint64_t bytes = 0;
  std::erase_if(missing, [&](size_t i) {
    if (!cached[i]) return false;
    bytes += cached[i]->size();
    auto postings = unpack_postings(*cached[i], stats_.metrics.get());
    if (!postings.ok()) return false;
    results[i] = *std::move(postings);
    return true;
  });
  failure = stats_.byte_limit.reserve(bytes);
  return missing;
}

Status BucketPostings::read_lists(std::span<const List> lists, std::span<const size_t> wanted,
                                  std::vector<tsdb::Postings>& results) const {
  std::vector<size_t> order(wanted.begin(), wanted.end());
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return lists[a].range.offset < lists[b].range.offset; });
  std::vector<ByteRange> ranges;
  ranges.reserve(order.size());
  for (size_t i : order) ranges.push_back(lists[i].range);
  auto& reads = stats_.postings.reads;
  stats_.postings.fetched += order.size();
  auto keep = [&](size_t number, const Bytes& bytes) -> Status {
    const auto& list = lists[order[number]];
    auto piece = bytes;
    uint64_t offset = list.range.offset;
    if (piece.size() >= 4 && list_size(piece) > piece.size()) {
      ByteRange whole{offset, std::min(list_size(piece), header_.end_of(offset) - offset)};
      MNEMO_TRY(auto again, reader_.read(context_, header_.object, {&whole, 1}, reads));
      piece = std::move(again[0]);
    }
    MNEMO_TRY(auto postings, tsdb::parse_postings(piece, offset).with_context(header_.object));
    if (cache_ != nullptr && cache_->is_enabled(IndexItem::kPostings)) {
      cache_->store(IndexItem::kPostings, IndexCache::postings_key(block_, list.name, list.value),
                    pack_postings(postings, stats_.metrics.get()));
    }
    results[order[number]] = std::move(postings);
    return {};
  };
  return reader_.read_each(context_, header_.object, ranges, reads, keep);
}

}  // namespace mnemo
