// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_block.hpp"
#include "store/bucket/bucket_postings.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

/// A list is its length, its count, its references and its CRC.
uint64_t postings_in(const ByteRange& list) {
  return list.length < 12 ? 0 : (list.length - 12) / sizeof(tsdb::SeriesRef);
}

std::vector<TermSize> term_sizes(const tsdb::PostingsPlan& plan,
                                 std::span<const BucketPostings::List> lists) {
  std::vector<TermSize> sizes(plan.terms.size());
  for (size_t i = 0; i < sizes.size(); ++i) sizes[i].subtract = plan.terms[i].subtract;
  for (const auto& list : lists) {
    sizes[list.term].postings += postings_in(list.range);
    ++sizes[list.term].keys;
  }
  return sizes;
}

/// Whether there is a term that has no postings and doesn't subtract.
bool is_surely_empty(std::span<const TermSize> sizes) {
  return std::any_of(sizes.begin(), sizes.end(),
                     [](const TermSize& size) { return !size.subtract && size.keys == 0; });
}

bool selects_from_all(const tsdb::PostingsPlan& plan) {
  return std::any_of(plan.terms.begin(), plan.terms.end(),
                     [](const auto& term) { return !term.matcher; });
}

}  // namespace

Result<SeriesSelection> BucketBlock::select(const Context& context, const IndexHeader& header,
                                            std::span<const Matcher> matchers,
                                            QueryStats& stats) const {
  auto* cache = surroundings_->index_cache.get();
  bool is_cached = cache != nullptr && cache->is_enabled(IndexItem::kExpandedPostings);
  std::string key;
  if (is_cached) {
    key = IndexCache::expanded_postings_key(meta_->ulid, matchers);
    auto found = cache->fetch(context, IndexItem::kExpandedPostings, {&key, 1});
    if (found[0]) {
      MNEMO_RETURN_IF_ERROR(stats.byte_limit.reserve(found[0]->size()));
      auto refs = unpack_postings(*found[0], stats.metrics.get());
      if (refs.ok()) {
        stats.postings.touch(1, refs->size() * sizeof(tsdb::SeriesRef));
        return SeriesSelection{*std::move(refs), {}};
      }
    }
  }
  MNEMO_TRY(auto selection, select_from_postings(context, header, matchers, stats));
  if (is_cached && selection.remaining.empty()) {
    cache->store(IndexItem::kExpandedPostings, key,
                 pack_postings(selection.refs, stats.metrics.get()));
  }
  return selection;
}

Result<SeriesSelection> BucketBlock::select_from_postings(const Context& context,
                                                          const IndexHeader& header,
                                                          std::span<const Matcher> matchers,
                                                          QueryStats& stats) const {
  BucketPostings source(context, meta_->ulid, header, surroundings_->reader,
                        surroundings_->index_cache.get(), stats);
  MNEMO_TRY(auto plan, tsdb::plan_postings(matchers, source));
  if (plan.empty) return SeriesSelection();
  SeriesSelection selection;
  auto sizes = term_sizes(plan, source.locate(plan.terms));
  if (is_surely_empty(sizes)) return selection;
  // An index of version 1 doesn't tell how long its lists are.
  bool may_be_lazy = surroundings_->lazy_postings.enabled && plan.terms.size() > 1 &&
                     !selects_from_all(plan) && header.version == tsdb::IndexVersion::kV2;
  if (may_be_lazy) {
    auto expansions = choose_terms(plan, std::move(sizes), stats.metrics.get());
    std::vector<tsdb::PostingsTerm> now;
    for (size_t i = 0; i < plan.terms.size(); ++i) {
      if (expansions[i] == Expansion::kNow) {
        now.push_back(std::move(plan.terms[i]));
      } else {
        selection.remaining.push_back(matchers[*plan.terms[i].matcher]);
      }
    }
    plan.terms = std::move(now);
  }
  MNEMO_TRY(auto lists, source.fetch(plan.terms));
  selection.refs = tsdb::combine_postings(plan, std::move(lists));
  return selection;
}

std::vector<Expansion> BucketBlock::choose_terms(const tsdb::PostingsPlan& plan,
                                                 std::vector<TermSize> sizes,
                                                 BucketStoreMetrics* metrics) const {
  auto expansions = choose_expansion(sizes, entry_size_, surroundings_->lazy_postings);
  bool any = false;
  for (size_t i = 0; i < plan.terms.size(); ++i) {
    if (expansions[i] == Expansion::kNow || metrics == nullptr) continue;
    any = true;
    auto& groups = expansions[i] == Expansion::kLazyForKeys ? metrics->lazy_groups_for_keys
                                                            : metrics->lazy_groups_for_size;
    groups.increment();
    metrics->lazy_group_bytes.increment(
        static_cast<double>(sizes[i].postings * sizeof(tsdb::SeriesRef)));
  }
  if (any) metrics->lazy_selections.increment();
  return expansions;
}

}  // namespace mnemo
