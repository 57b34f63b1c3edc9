// SPDX-License-Identifier: Apache-2.0
#include "tsdb/merge/merged_meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr std::string_view kOutOfOrderHint = "from-out-of-order";
constexpr std::string_view kStaleSeriesHint = "from-stale-series";
constexpr std::string_view kSelectedSeriesHint = "from-selected-series";

bool has_hint(const BlockMeta& meta, std::string_view hint) {
  const auto& hints = meta.compaction.hints;
  return std::find(hints.begin(), hints.end(), hint) != hints.end();
}

/// A block made of out-of-order samples alone must say so; one with any stale or selected series
/// too.
std::vector<std::string> merged_hints(std::span<const BlockMeta> metas) {
  auto any = [&](std::string_view hint) {
    return std::any_of(metas.begin(), metas.end(),
                       [&](const auto& meta) { return has_hint(meta, hint); });
  };
  std::vector<std::string> hints;
  for (auto hint : {kStaleSeriesHint, kSelectedSeriesHint}) {
    if (any(hint)) hints.emplace_back(hint);
  }
  bool all_out_of_order = std::all_of(
      metas.begin(), metas.end(), [](const auto& meta) { return has_hint(meta, kOutOfOrderHint); });
  if (all_out_of_order) hints.emplace_back(kOutOfOrderHint);
  std::sort(hints.begin(), hints.end());
  return hints;
}

BlockCompaction merged_compaction(std::span<const BlockMeta> metas) {
  BlockCompaction result;
  std::set<Ulid> sources;
  for (const auto& meta : metas) {
    result.level = std::max(result.level, meta.compaction.level);
    sources.insert(meta.compaction.sources.begin(), meta.compaction.sources.end());
    result.parents.push_back({meta.ulid, meta.min_time, meta.max_time});
  }
  ++result.level;
  result.sources.assign(sources.begin(), sources.end());
  result.hints = merged_hints(metas);
  return result;
}

/// The section of a block that may have none.
ThanosMeta thanos_of(const BlockMeta& meta) { return meta.thanos.value_or(ThanosMeta()); }

Labels common_labels(const Labels& a, const Labels& b) {
  LabelsAppender common;
  for (const auto& label : a) {
    if (b.get(label.name) == label.value) common.append(label.name, label.value);
  }
  return common.take();
}

Result<Labels> merged_labels(std::span<const BlockMeta> metas,
                             const std::vector<std::string>& replica_labels) {
  Labels merged = without_labels(thanos_of(metas[0]).labels, replica_labels);
  for (const auto& meta : metas.subspan(1)) {
    auto labels = without_labels(thanos_of(meta).labels, replica_labels);
    if (replica_labels.empty()) {
      merged = common_labels(merged, labels);
    } else if (labels != merged) {
      return Status::invalid_argument(fmt::format(
          "block {} has the external labels {}, block {} has {}", metas[0].ulid.to_string(),
          merged.to_string(), meta.ulid.to_string(), labels.to_string()));
    }
  }
  return merged;
}

}  // namespace

Result<BlockMeta> merged_meta(std::span<const BlockMeta> metas, const Ulid& ulid,
                              const std::vector<std::string>& replica_labels) {
  if (metas.empty()) return Status::invalid_argument("no blocks to merge");
  BlockMeta result;
  result.ulid = ulid;
  result.min_time = metas[0].min_time;
  result.max_time = metas[0].max_time;
  bool has_thanos = false;
  for (const auto& meta : metas) {
    result.min_time = std::min(result.min_time, meta.min_time);
    result.max_time = std::max(result.max_time, meta.max_time);
    has_thanos |= meta.thanos.has_value();
    if (thanos_of(meta).resolution != thanos_of(metas[0]).resolution) {
      return Status::invalid_argument(fmt::format("block {} has another resolution than block {}",
                                                  meta.ulid.to_string(),
                                                  metas[0].ulid.to_string()));
    }
  }
  result.compaction = merged_compaction(metas);
  if (!has_thanos) return result;
  auto& thanos = result.thanos.emplace();
  MNEMO_TRY(thanos.labels, merged_labels(metas, replica_labels));
  thanos.resolution = thanos_of(metas[0]).resolution;
  thanos.source = "compactor";
  thanos.extensions_json = thanos_of(metas[0]).extensions_json;
  return result;
}

}  // namespace mnemo::tsdb
