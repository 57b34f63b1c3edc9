// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/store.hpp>

#include "base/gate.hpp"
#include "blocks/meta_fetcher.hpp"
#include "store/bucket/block_table.hpp"
#include "store/bucket/query_stats.hpp"
#include "store/bucket/range_reader.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace mnemo {

struct BucketStoreOptions {
  /// Reads and loads run here; its concurrency bounds the requests at a time. Whoever made it keeps
  /// it until the store and its streams are gone.
  std::shared_ptr<Executor> executor;
  Metrics* metrics = nullptr;      // thanos_bucket_store_*; may be null, must outlive the store
  std::shared_ptr<Logger> logger;  // null: none
  std::string component_type = "store";
  /// Limits what is served (`--min-time`, `--max-time`); empty: no limit. Asked at every call.
  std::function<TimeRange()> time_limit;
  IndexHeaderOptions headers;
  /// What most series entries and chunks don't exceed, where meta.json knows no less.
  uint64_t usual_entry_size = 64U << 10;
  uint64_t usual_chunk_size = 16000;
  LazyPostingsOptions lazy_postings;
  std::shared_ptr<IndexCache> index_cache;  // null: none
  QueryLimits limits;
  size_t max_concurrent_series =
      0;                         // Series calls at a time, others wait (needs metrics); 0: no limit
  size_t load_concurrency = 20;  // blocks that are loaded at the same time
  /// About how many bytes of chunks one query holds at a time, shared by its blocks.
  uint64_t query_bytes = 32U << 20;
};

/// A store over the blocks of a bucket, with the semantics of Thanos' store gateway: blocks of
/// equal external labels stand for each other by resolution, series and chunks are read by ranges
/// as they are pulled.
///
/// A block that can't be read, and before the first complete sync what isn't known yet, is a
/// warning beside the rest of the answer, or (PartialResponse::kAbort) the failure of the call; the
/// error names object and offset.
///
/// A call that passes a limit fails with ResourceExhausted, whatever partial response says.
///
/// Thread-safe. Ownership: shares bucket, fetcher and executor with its streams; the metrics must
/// outlive the store and its streams.
class BucketStore final : public Store {
 public:
  /// Knows no block until `sync`.
  BucketStore(std::shared_ptr<Bucket> bucket, std::shared_ptr<MetaFetcher> fetcher,
              BucketStoreOptions options);

  /// Loads blocks that are new in the bucket (or failed to load before) and drops those that
  /// vanished. A block that can't be loaded is logged, counted and tried again the next time; it
  /// fails no sync. Errors: those of listing the bucket.
  Status sync(const Context& context);

  /// Lets go of index headers that nobody has needed for the idle timeout.
  void release_idle_headers();

  /// The metas of the loaded blocks.
  std::vector<std::shared_ptr<const BlockMeta>> loaded_metas() const;

  /// Whether a sync has been complete.
  bool ready() const { return ready_; }

  /// Of the loaded blocks. Their ranges reach to their exclusive ends, as Thanos has it.
  StoreInfo info() override;

  /// No matchers: no series.
  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override;
  Result<LabelsResponse> label_names(const Context& context,
                                     const LabelNamesRequest& request) override;
  Result<LabelsResponse> label_values(const Context& context,
                                      const LabelValuesRequest& request) override;

 private:
  std::shared_ptr<const BlockTable> table() const;
  void publish(BlockTable table);
  /// The blocks of the view, loaded ones taken over from `old`.
  BlockTable merge_view(const BlockTable& old, const BlockView& view) const;
  Status load_missing(const Context& context, BlockTable& table);
  void load_slot(const Context& context, BlockSlot& slot);
  void remove_leftovers(const BlockTable& now) const;
  void report(const BlockTable& old, const BlockTable& now);
  TimeRange limited(TimeRange range) const;

  /// A block to be asked for labels, and what is asked of its series' own labels.
  struct LabelRead {
    const BlockSlot* slot;
    std::vector<Matcher> matchers;
  };
  using LabelAsk = std::function<Result<LabelsResponse>(const Context&, const LabelRead&,
                                                        const std::shared_ptr<QueryStats>&)>;
  template <typename Request>
  Result<LabelsResponse> gather_labels(const Context& context, const Request& request,
                                       const LabelAsk& ask) const;

  std::shared_ptr<BlockSurroundings> surroundings_;
  std::shared_ptr<MetaFetcher> fetcher_;
  BucketStoreOptions options_;
  std::shared_ptr<BucketStoreMetrics> metrics_;
  std::shared_ptr<Gate> gate_;  // shared with the streams that are in it; null: none
  std::atomic<bool> ready_{false};
  std::mutex sync_mutex_;
  mutable std::mutex mutex_;
  std::shared_ptr<const BlockTable> table_;  // guarded by mutex_
};

}  // namespace mnemo
