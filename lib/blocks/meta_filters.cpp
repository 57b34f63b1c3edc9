// SPDX-License-Identifier: Apache-2.0
#include "blocks/meta_filters.hpp"

#include "base/duration.hpp"
#include "blocks/bounded.hpp"

#include <algorithm>
#include <set>

namespace mnemo {
namespace {

using Metas = std::vector<std::shared_ptr<const BlockMeta>>;

std::vector<Ulid> blocks_of(const BlockView& view) {
  std::vector<Ulid> blocks;
  for (const auto& [block, meta] : view.metas) blocks.push_back(block);
  return blocks;
}

/// Blocks of these are complete from the start, or replace others and must not be late.
bool is_never_too_fresh(const BlockMeta& meta) {
  if (!meta.thanos) return false;
  const auto& source = meta.thanos->source;
  return source == "bucket.repair" || source == "compactor" || source == "compactor.repair";
}

int64_t upload_time_ms(const BlockMeta& meta) {
  if (meta.thanos && !meta.thanos->upload_time.empty()) {
    auto time = parse_rfc3339_ms(meta.thanos->upload_time);
    if (time.ok() && *time > 0) return *time;
  }
  return meta.ulid.time_ms();
}

std::vector<Ulid> sorted_sources(const BlockMeta& meta) {
  auto sources = meta.compaction.sources;
  std::sort(sources.begin(), sources.end());
  sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
  return sources;
}

/// The blocks of one group whose sources another one covers.
std::vector<Ulid> covered_blocks(Metas group) {
  std::sort(group.begin(), group.end(), [](const auto& a, const auto& b) {
    auto a_count = a->compaction.sources.size();
    auto b_count = b->compaction.sources.size();
    return a_count != b_count ? a_count > b_count : a->ulid < b->ulid;
  });
  std::vector<Ulid> covered;
  std::vector<std::vector<Ulid>> covering;        // sources of the blocks that stay
  std::map<Ulid, std::vector<size_t>> made_from;  // source -> indices in `covering`
  for (const auto& meta : group) {
    auto sources = sorted_sources(*meta);
    if (sources.empty()) continue;
    const auto& candidates = made_from[sources.front()];
    bool is_covered = std::any_of(candidates.begin(), candidates.end(), [&](size_t i) {
      return std::includes(covering[i].begin(), covering[i].end(), sources.begin(), sources.end());
    });
    if (is_covered) {
      covered.push_back(meta->ulid);
      continue;
    }
    for (const auto& source : sources) made_from[source].push_back(covering.size());
    covering.push_back(std::move(sources));
  }
  return covered;
}

/// The deletion marks of a bucket, remembered from fetch to fetch.
class DeletionMarks {
 public:
  DeletionMarks(std::shared_ptr<Bucket> bucket, MetaFetcherOptions requests)
      : bucket_(std::move(bucket)), requests_(std::move(requests)) {
    if (!requests_.logger) requests_.logger = null_logger();
  }

  Status update(const Context& context, const BlockView& view) {
    std::vector<std::pair<Ulid, Known>> wanted;
    std::map<Ulid, Known> known;
    for (const auto& [block, listing] : view.listing) {
      auto at = listing.marks.find(MarkKind::kDeletion);
      if (at == listing.marks.end()) continue;
      auto before = known_.find(block);
      if (before != known_.end() && is_same(before->second.attributes, at->second)) {
        known.insert(*before);
      } else {
        wanted.push_back({block, {at->second, {}}});
      }
    }
    known_ = std::move(known);
    auto status = bounded_for(context, requests_.executor.get(), requests_.concurrency,
                              wanted.size(), [&](size_t i) { return read(context, wanted[i]); });
    for (auto& one : wanted) {
      if (one.second.mark) known_.insert(std::move(one));
    }
    return status;
  }

  std::map<Ulid, BlockMark> marks() const {
    std::map<Ulid, BlockMark> marks;
    for (const auto& [block, known] : known_) marks.emplace(block, *known.mark);
    return marks;
  }

 private:
  struct Known {
    ObjectAttributes attributes;
    std::optional<BlockMark> mark;
  };

  static bool is_same(const ObjectAttributes& a, const ObjectAttributes& b) {
    return a.size == b.size && a.last_modified_ms == b.last_modified_ms;
  }

  /// A mark that can't be read may be half written: the block stays.
  Status read(const Context& context, std::pair<Ulid, Known>& wanted) {
    auto mark = read_mark(context, *bucket_, MarkKind::kDeletion, wanted.first);
    if (mark.ok()) {
      wanted.second.mark = std::move(*mark);
    } else if (mark.status().code() == Code::kDataLoss) {
      requests_.logger->warn(
          "found partial deletion-mark.json; if we will see it happening often for the same block, "
          "consider manually deleting deletion-mark.json from the object storage",
          {{"block", wanted.first.to_string()}, {"err", mark.status().message()}});
    } else if (mark.status().code() != Code::kNotFound) {
      return mark.status();
    }
    return {};
  }

  std::shared_ptr<Bucket> bucket_;
  MetaFetcherOptions requests_;
  std::map<Ulid, Known> known_;
};

}  // namespace

MetaFilter time_partition(std::function<TimeRange()> range) {
  return [range = std::move(range)](const Context&, BlockView& view) -> Status {
    auto wanted = range();
    for (const auto& block : blocks_of(view)) {
      const auto& meta = *view.metas.at(block);
      bool overlaps = meta.max_time >= wanted.min && meta.min_time <= wanted.max;
      if (!overlaps) view.exclude(block, "time-excluded");
    }
    return {};
  };
}

MetaFilter consistency_delay(std::chrono::milliseconds delay, WallClock clock) {
  return [delay, clock = clock_or_system(std::move(clock))](const Context&,
                                                            BlockView& view) -> Status {
    auto now = std::chrono::duration_cast<std::chrono::milliseconds>(clock().time_since_epoch());
    for (const auto& block : blocks_of(view)) {
      const auto& meta = *view.metas.at(block);
      bool is_fresh = now.count() - upload_time_ms(meta) < delay.count();
      if (is_fresh && !is_never_too_fresh(meta)) view.exclude(block, "too-fresh");
    }
    return {};
  };
}

MetaFilter deduplicate() {
  return [](const Context&, BlockView& view) -> Status {
    std::map<std::pair<int64_t, Labels>, Metas> groups;
    for (const auto& [block, meta] : view.metas) {
      auto thanos = meta->thanos.value_or(ThanosMeta{});
      groups[{thanos.resolution, thanos.labels}].push_back(meta);
    }
    for (auto& [key, group] : groups) {
      for (const auto& block : covered_blocks(std::move(group))) view.exclude(block, "duplicate");
    }
    return {};
  };
}

MetaFilter ignore_deletion_marks(std::shared_ptr<Bucket> bucket, std::chrono::milliseconds delay,
                                 MetaFetcherOptions requests, WallClock clock) {
  auto marks = std::make_shared<DeletionMarks>(std::move(bucket), std::move(requests));
  return [marks, delay, clock = clock_or_system(std::move(clock))](const Context& context,
                                                                   BlockView& view) -> Status {
    MNEMO_RETURN_IF_ERROR(
        marks->update(context, view).with_context("filter blocks marked for deletion"));
    view.deletion_marks = marks->marks();
    std::chrono::duration<double> limit = clock().time_since_epoch() - delay;
    for (const auto& [block, mark] : view.deletion_marks) {
      if (static_cast<double>(mark.time) < limit.count()) {
        view.exclude(block, "marked-for-deletion");
      }
    }
    return {};
  };
}

}  // namespace mnemo
