// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_store.hpp"

#include "blocks/bounded.hpp"
#include "blocks/layout.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>

namespace mnemo {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Status BucketStore::sync(const Context& context) {
  std::lock_guard one_at_a_time(sync_mutex_);
  MNEMO_TRY(auto view, fetcher_->fetch(context));
  auto old = table();
  auto now = merge_view(*old, view);
  if (ready_) {
    now.complete = Status();  // what isn't known yet is but late
  } else {
    publish(now);  // so that queries learn what they miss
  }
  MNEMO_RETURN_IF_ERROR(load_missing(context, now));
  report(*old, now);
  publish(std::move(now));
  if (view.complete.ok()) {
    remove_leftovers(*table());
    ready_ = true;
  }
  return view.complete;
}

void BucketStore::publish(BlockTable table) {
  table.build_groups();
  auto shared = std::make_shared<const BlockTable>(std::move(table));
  std::lock_guard lock(mutex_);
  std::swap(table_, shared);
}

BlockTable BucketStore::merge_view(const BlockTable& old, const BlockView& view) const {
  BlockTable now;
  now.complete = view.complete;
  for (const auto& [ulid, meta] : view.metas) {
    auto known = old.slots.find(ulid);
    now.slots[ulid] = known != old.slots.end() && known->second.block
                          ? known->second
                          : BlockSlot{meta, nullptr, Status()};
  }
  if (!view.complete.ok()) now.slots.insert(old.slots.begin(), old.slots.end());
  return now;
}

Status BucketStore::load_missing(const Context& context, BlockTable& table) {
  std::vector<BlockSlot*> missing;
  for (auto& [ulid, slot] : table.slots) {
    if (!slot.block) missing.push_back(&slot);
  }
  return bounded_for(context, options_.executor.get(), options_.load_concurrency, missing.size(),
                     [&](size_t i) {
                       load_slot(context, *missing[i]);
                       return context.check();
                     });
}

void BucketStore::load_slot(const Context& context, BlockSlot& slot) {
  auto start = std::chrono::steady_clock::now();
  auto name = slot.meta->ulid.to_string();
  if (metrics_) metrics_->block_loads.increment();
  auto block = BucketBlock::load(context, slot.meta, surroundings_);
  double seconds = seconds_since(start);
  if (!block.ok()) {
    slot.failure = std::move(block).status();
    if (metrics_) metrics_->block_load_failures.increment();
    options_.logger->warn("loading block failed", {{"id", name},
                                                   {"elapsed", std::to_string(seconds) + "s"},
                                                   {"err", slot.failure.message()}});
    return;
  }
  slot.block = *std::move(block);
  slot.failure = Status();
  if (metrics_) {
    metrics_->block_load_seconds.observe(seconds);
    metrics_->last_loaded.set(
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
  }
  options_.logger->info("loaded new block",
                        {{"id", name}, {"elapsed", std::to_string(seconds) + "s"}});
}

/// Removes the folders of blocks that are no longer known; nothing else is touched.
void BucketStore::remove_leftovers(const BlockTable& now) const {
  const auto& dir = options_.headers.data_dir;
  if (dir.empty()) return;
  std::error_code failure;
  std::filesystem::directory_iterator entry(dir, failure);
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    auto block = block_of_folder(entry->path().filename().string());
    if (!block || now.slots.count(*block) > 0) continue;
    std::error_code removal;
    std::filesystem::remove_all(entry->path(), removal);
    if (removal) {
      if (metrics_) metrics_->block_drop_failures.increment();
      options_.logger->warn("removing what was kept of a block failed",
                            {{"path", entry->path().string()}, {"err", removal.message()}});
    }
  }
}

void BucketStore::release_idle_headers() {
  if (!options_.headers.is_lazy || options_.headers.idle_timeout.count() <= 0) return;
  auto time = LazyIndexHeader::Clock::now() - options_.headers.idle_timeout;
  auto now = table();
  for (const auto& [ulid, slot] : now->slots) {
    if (!slot.block || !slot.block->release_header_if_unused_since(time)) continue;
    options_.logger->debug("released idle index-header", {{"block", ulid.to_string()}});
  }
}

void BucketStore::report(const BlockTable& old, const BlockTable& now) {
  for (const auto& [ulid, slot] : old.slots) {
    if (!slot.block || now.slots.count(ulid) > 0) continue;
    if (metrics_) metrics_->block_drops.increment();
    options_.logger->info("dropped outdated block", {{"block", ulid.to_string()}});
  }
  if (metrics_) metrics_->blocks_loaded.set(static_cast<double>(now.loaded()));
}

}  // namespace mnemo
