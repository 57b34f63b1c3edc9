// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/block_table.hpp"

#include <algorithm>
#include <tuple>

namespace mnemo {

Status BlockSlot::missing() const {
  auto name = "block " + meta->ulid.to_string();
  if (failure.ok()) return Status::unavailable(name + " is not loaded yet");
  return failure.with_context(name + " is not loaded");
}

void BlockGroup::add(const BlockSlot& slot) {
  int64_t wanted = resolution(*slot.meta);
  auto at = std::find_if(levels_.begin(), levels_.end(),
                         [&](const Level& level) { return level.resolution <= wanted; });
  if (at == levels_.end() || at->resolution != wanted) at = levels_.insert(at, {wanted, {}});
  at->slots.push_back(slot);
}

void BlockGroup::sort() {
  for (auto& level : levels_) {
    std::sort(level.slots.begin(), level.slots.end(), [](const BlockSlot& a, const BlockSlot& b) {
      return std::tie(a.meta->min_time, a.meta->max_time) <
             std::tie(b.meta->min_time, b.meta->max_time);
    });
  }
}

std::vector<const BlockSlot*> BlockGroup::select(TimeRange range, int64_t max_resolution,
                                                 std::span<const Matcher> block_matchers) const {
  size_t level = 0;
  while (level < levels_.size() && levels_[level].resolution > max_resolution) ++level;
  std::vector<const BlockSlot*> chosen;
  select_level(level, range, chosen);
  std::erase_if(chosen,
                [&](const BlockSlot* slot) { return !matches_block(*slot->meta, block_matchers); });
  return chosen;
}

void BlockGroup::select_level(size_t level, TimeRange range,
                              std::vector<const BlockSlot*>& chosen) const {
  if (range.empty() || level >= levels_.size()) return;
  int64_t start = range.min;
  for (const auto& slot : levels_[level].slots) {
    const auto& meta = *slot.meta;
    if (meta.max_time <= range.min) continue;
    if (meta.min_time > range.max) break;
    if (meta.min_time > start) select_level(level + 1, {start, meta.min_time - 1}, chosen);
    chosen.push_back(&slot);
    start = std::max(start, meta.max_time);
  }
  if (start <= range.max) select_level(level + 1, {start, range.max}, chosen);
}

bool matches_block(const BlockMeta& meta, std::span<const Matcher> block_matchers) {
  if (block_matchers.empty()) return true;
  LabelsBuilder builder(external_labels(meta));
  builder.set("__block_id", meta.ulid.to_string());
  return matches_all(block_matchers, builder.build());
}

void BlockTable::build_groups() {
  groups.clear();
  std::map<Labels, size_t> by_labels;
  for (const auto& [ulid, slot] : slots) {
    auto labels = external_labels(*slot.meta);
    auto [at, is_new] = by_labels.try_emplace(labels, groups.size());
    if (is_new) groups.emplace_back(std::move(labels));
    groups[at->second].add(slot);
  }
  for (auto& group : groups) group.sort();
}

size_t BlockTable::loaded() const {
  return static_cast<size_t>(std::count_if(
      slots.begin(), slots.end(), [](const auto& entry) { return entry.second.block != nullptr; }));
}

}  // namespace mnemo
