// SPDX-License-Identifier: Apache-2.0
#include "blocks/meta_fetcher.hpp"

#include "blocks/bounded.hpp"

#include <algorithm>
#include <chrono>

namespace mnemo {
namespace {

constexpr MarkKind kMarkKinds[] = {MarkKind::kDeletion, MarkKind::kNoCompact,
                                   MarkKind::kNoDownsample};

constexpr const char* kSyncedStates[] = {"corrupted-meta-json",
                                         "no-meta-json",
                                         "loaded",
                                         "too-fresh",
                                         "failed",
                                         "label-excluded",
                                         "time-excluded",
                                         "duplicate",
                                         "marked-for-deletion",
                                         "marked-for-no-compact",
                                         "marked-for-no-downsample",
                                         "parquet-migrated"};

constexpr MetricName kSyncs = {"thanos_blocks_meta_syncs_total",
                               "Total blocks metadata synchronization attempts"};
constexpr MetricName kBaseSyncs = {
    "thanos_blocks_meta_base_syncs_total",
    "Total blocks metadata synchronization attempts by base Fetcher"};
constexpr MetricName kCacheBusts = {"thanos_blocks_meta_base_cache_busts_total",
                                    "Total blocks metadata cache busts by base Fetcher"};
constexpr MetricName kFailures = {"thanos_blocks_meta_sync_failures_total",
                                  "Total blocks metadata synchronization failures"};

/// So that a rate sees the first of each.
void count_from_zero(Metrics& metrics) {
  for (const auto& one : {kSyncs, kBaseSyncs, kCacheBusts, kFailures}) {
    metrics.counter(one.name, one.help);
  }
}

bool same(const ObjectAttributes& a, const ObjectAttributes& b) {
  return a.size == b.size && a.last_modified_ms == b.last_modified_ms;
}

void note_object(const BucketEntry& entry, std::map<Ulid, BlockListing>& blocks) {
  std::string_view name = entry.name;
  auto slash = name.find('/');
  if (slash == std::string_view::npos) return;
  auto block = block_of_folder(name.substr(0, slash));
  if (!block) return;
  auto& listing = blocks[*block];
  listing.last_modified_ms = std::max(listing.last_modified_ms, entry.attributes.last_modified_ms);
  auto file = name.substr(slash + 1);
  if (file == kMetaFile) listing.meta = entry.attributes;
  for (auto kind : kMarkKinds) {
    if (file == mark_file(kind)) listing.marks[kind] = entry.attributes;
  }
}

/// Whether the failure is the object's own, so that trying again without a change is in vain.
bool is_lasting(const Status& failure) {
  return failure.code() == Code::kDataLoss || failure.code() == Code::kUnimplemented ||
         failure.code() == Code::kResourceExhausted;
}

}  // namespace

void BlockView::exclude(const Ulid& block, std::string_view state) {
  if (metas.erase(block) > 0) ++synced_states[std::string(state)];
}

MetaFetcher::MetaFetcher(std::shared_ptr<Bucket> bucket, MetaFetcherOptions options)
    : bucket_(std::move(bucket)), options_(std::move(options)) {
  if (!options_.logger) options_.logger = null_logger();
  if (options_.metrics != nullptr) count_from_zero(*options_.metrics);
}

Result<BlockView> MetaFetcher::fetch(const Context& context) {
  std::lock_guard lock(mutex_);
  auto start = std::chrono::steady_clock::now();
  add(kSyncs);
  add(kBaseSyncs);
  auto result = fetch_and_filter(context);
  if (options_.metrics != nullptr) {
    std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    options_.metrics
        ->histogram("thanos_blocks_meta_sync_duration_seconds",
                    "Duration of the blocks metadata synchronization in seconds",
                    {0.01, 1, 10, 100, 300, 600, 1000})
        .observe(taken.count());
    count(result);
  }
  return result;
}

Result<BlockView> MetaFetcher::fetch_and_filter(const Context& context) {
  BlockView view;
  MNEMO_TRY(view.listing, list_blocks(context));
  auto wanted = missing_metas(view.listing);
  MNEMO_RETURN_IF_ERROR(bounded_for(context, options_.executor.get(), options_.concurrency,
                                    wanted.size(), [&](size_t i) -> Status {
                                      wanted[i].result = load_meta(context, wanted[i].block);
                                      return {};
                                    }));
  MNEMO_RETURN_IF_ERROR(context.check());
  remember(std::move(wanted), view);
  fill(view);
  for (const auto& filter : options_.filters) {
    MNEMO_RETURN_IF_ERROR(filter(context, view).with_context("filter metas"));
  }
  return view;
}

Result<std::map<Ulid, BlockListing>> MetaFetcher::list_blocks(const Context& context) {
  std::map<Ulid, BlockListing> blocks;
  auto status = bucket_->list(context, "", true, [&](const BucketEntry& entry) -> Status {
    note_object(entry, blocks);
    return {};
  });
  if (!status.ok()) return std::move(status).with_context("list " + bucket_->name());
  return blocks;
}

/// Forgets what is no longer in the bucket or has changed, and gives what must be loaded.
std::vector<MetaFetcher::Wanted> MetaFetcher::missing_metas(
    const std::map<Ulid, BlockListing>& listing) {
  std::erase_if(loaded_, [&](const auto& entry) {
    auto at = listing.find(entry.first);
    if (at == listing.end() || !at->second.meta) return true;
    if (same(*at->second.meta, entry.second.attributes)) return false;
    add(kCacheBusts);
    return true;
  });
  std::vector<Wanted> wanted;
  for (const auto& [block, listed] : listing) {
    if (!listed.meta || loaded_.contains(block)) continue;
    wanted.push_back({block, *listed.meta, Status::cancelled("not loaded")});
  }
  return wanted;
}

Result<std::shared_ptr<const BlockMeta>> MetaFetcher::load_meta(const Context& context,
                                                                const Ulid& block) {
  auto name = block_object(block, kMetaFile);
  auto content = bucket_->get(context, name, kMaxMetaBytes);
  if (!content.ok()) return content.status();
  auto meta = BlockMeta::parse(content->as_string());
  if (!meta.ok()) return meta.status().with_context(name);
  if (meta->ulid != block) {
    return Status::data_loss(name + ": is of another block, " + meta->ulid.to_string());
  }
  return std::make_shared<const BlockMeta>(std::move(*meta));
}

/// Keeps what was loaded, and lasting failures; other failures make the view incomplete.
void MetaFetcher::remember(std::vector<Wanted> loaded, BlockView& view) {
  for (auto& one : loaded) {
    if (one.result.ok()) {
      loaded_[one.block] = {one.attributes, std::move(*one.result), {}};
      continue;
    }
    const auto& failure = one.result.status();
    if (is_lasting(failure)) {
      options_.logger->warn("meta.json of block can't be read",
                            {{"block", one.block.to_string()}, {"err", failure.message()}});
      loaded_[one.block] = {one.attributes, nullptr, failure};
    } else if (failure.code() == Code::kNotFound) {
      view.listing.at(one.block).meta.reset();  // deleted since it was listed
    } else {
      ++view.synced_states["failed"];
      if (view.complete.ok()) view.complete = failure.with_context("incomplete view");
    }
  }
}

void MetaFetcher::fill(BlockView& view) const {
  for (const auto& [block, listed] : view.listing) {
    if (!listed.meta) {
      auto reason = Status::not_found("block " + block.to_string() + " has no meta.json");
      view.partial[block] = {std::move(reason), listed.last_modified_ms};
      ++view.synced_states["no-meta-json"];
      continue;
    }
    auto at = loaded_.find(block);
    if (at == loaded_.end()) continue;  // could not be loaded this time
    if (at->second.meta) {
      view.metas[block] = at->second.meta;
    } else {
      view.partial[block] = {at->second.failure, listed.last_modified_ms};
      ++view.synced_states["corrupted-meta-json"];
    }
  }
}

void MetaFetcher::count(const Result<BlockView>& result) const {
  if (!result.ok() || !result->complete.ok()) add(kFailures);
  if (!result.ok()) return;
  auto states = result->synced_states;
  states["loaded"] = result->metas.size();
  for (const auto* state : kSyncedStates) states.try_emplace(state, 0);
  for (const auto& [state, blocks] : states) {
    options_.metrics
        ->gauge("thanos_blocks_meta_synced", "Number of block metadata synced", {{"state", state}})
        .set(static_cast<double>(blocks));
  }
}

void MetaFetcher::add(const MetricName& counter) const {
  if (options_.metrics == nullptr) return;
  options_.metrics->counter(counter.name, counter.help).increment();
}

}  // namespace mnemo
