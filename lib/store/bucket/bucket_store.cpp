// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_store.hpp"

#include "store/bucket/block_stream.hpp"
#include "store/call_scope.hpp"
#include "store/external_labels.hpp"
#include "store/merge_stream.hpp"
#include "store/partial_stream.hpp"
#include "store/prefetch_stream.hpp"
#include "store/series_stream.hpp"
#include "store/tsdb_infos.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace mnemo {
namespace {

// Of chunks in one batch of a block; a query usually holds as much as the first of all its blocks.
constexpr uint64_t kUsualBytes = 4U << 20;
constexpr uint64_t kLeastBatchBytes = 128U << 10;
/// One is read, one waits, one is being answered.
constexpr uint64_t kBatchesHeld = 3;
constexpr size_t kPrefetchedSeries = 512;
constexpr size_t kSeriesHandedOver = 32;
constexpr auto kQuickBatch = std::chrono::milliseconds(4);

/// A block to be read and what is asked of its series' own labels.
struct BlockRead {
  const BlockSlot* slot;
  std::vector<Matcher> matchers;
};

std::vector<BlockRead> choose_blocks(const BlockTable& table, const SeriesRequest& request) {
  std::vector<BlockRead> reads;
  for (const auto& group : table.groups) {
    auto matchers = matchers_beyond(group.labels(), request.matchers);
    if (!matchers) continue;
    for (const auto* slot :
         group.select(request.range, request.max_resolution_window, request.block_matchers)) {
      reads.push_back({slot, *matchers});
    }
  }
  return reads;
}

/// Where nothing is gained by larger ones, as in a folder, batches don't grow: there, being slow
/// means that others use the processor.
BatchBytes batch_bytes(uint64_t query_bytes, size_t blocks, bool is_local) {
  uint64_t share = query_bytes / kBatchesHeld / std::max<size_t>(blocks, 1);
  BatchBytes batches;
  batches.most = std::clamp(share, kLeastBatchBytes, batches.most);
  batches.usual = std::clamp(kUsualBytes / std::max<size_t>(blocks, 1), kLeastBatchBytes,
                             std::min(batches.most, batches.usual));
  if (is_local) batches.most = batches.usual;
  return batches;
}

/// The answer of a query: counts it, fails it when it passes a limit, and keeps its place among the
/// calls that go on at the same time.
class AnswerStream final : public SeriesStream {
 public:
  AnswerStream(std::unique_ptr<SeriesStream> source, std::shared_ptr<QueryStats> stats,
               std::shared_ptr<Gate> gate, std::optional<Gate::Pass> pass)
      : gate_(std::move(gate)),
        pass_(std::move(pass)),
        stats_(std::move(stats)),
        source_(std::move(source)) {}

  ~AnswerStream() override {
    if (stats_->metrics) stats_->metrics->merge_seconds.observe(waited_.count());
  }

  Result<bool> next(Series& series) override {
    auto start = std::chrono::steady_clock::now();
    auto more = source_->next(series);
    waited_ += std::chrono::steady_clock::now() - start;
    MNEMO_RETURN_IF_ERROR(stats_->violation());
    if (!more.ok() || !*more) return more;
    ++stats_->result_series;
    if (stats_->metrics) stats_->metrics->sent_chunk_bytes.observe(chunk_bytes(series));
    return true;
  }
  const std::vector<std::string>& warnings() const override { return source_->warnings(); }
  std::vector<std::string> queried_blocks() const override { return source_->queried_blocks(); }

 private:
  static double chunk_bytes(const Series& series) {
    size_t bytes = 0;
    for (const auto& chunk : series.chunks) bytes += data_bytes(chunk);
    return static_cast<double>(bytes);
  }

  std::shared_ptr<Gate> gate_;
  std::optional<Gate::Pass> pass_;
  std::shared_ptr<QueryStats> stats_;
  std::chrono::duration<double> waited_{0};
  std::unique_ptr<SeriesStream> source_;
};

}  // namespace

BucketStore::BucketStore(std::shared_ptr<Bucket> bucket, std::shared_ptr<MetaFetcher> fetcher,
                         BucketStoreOptions options)
    : fetcher_(std::move(fetcher)), options_(std::move(options)) {
  BlockSurroundings surroundings{RangeReader(std::move(bucket), options_.executor),
                                 options_.headers,
                                 nullptr,
                                 options_.usual_entry_size,
                                 options_.usual_chunk_size,
                                 options_.lazy_postings,
                                 options_.index_cache};
  surroundings_ = std::make_shared<BlockSurroundings>(std::move(surroundings));
  if (options_.metrics) {
    gate_ = std::make_shared<Gate>(options_.max_concurrent_series, *options_.metrics,
                                   "thanos_bucket_store_series_");
    surroundings_->header_metrics = std::make_shared<IndexHeaderMetrics>(*options_.metrics);
  }
  if (options_.metrics) metrics_ = std::make_shared<BucketStoreMetrics>(*options_.metrics);
  if (!options_.logger) options_.logger = null_logger();
  auto empty = std::make_shared<BlockTable>();
  empty->complete = Status::unavailable("the blocks of the bucket are not loaded yet");
  table_ = std::move(empty);
}

std::shared_ptr<const BlockTable> BucketStore::table() const {
  std::lock_guard lock(mutex_);
  return table_;
}

std::vector<std::shared_ptr<const BlockMeta>> BucketStore::loaded_metas() const {
  std::vector<std::shared_ptr<const BlockMeta>> metas;
  auto now = table();
  for (const auto& [ulid, slot] : now->slots) {
    if (slot.block) metas.push_back(slot.meta);
  }
  return metas;
}

TimeRange BucketStore::limited(TimeRange range) const {
  return options_.time_limit ? range.intersect(options_.time_limit()) : range;
}

StoreInfo BucketStore::info() {
  StoreInfo info;
  info.component_type = options_.component_type;
  info.supports_sharding = true;
  info.supports_without_replica_labels = true;
  auto now = table();
  std::vector<TsdbInfo> blocks;
  for (const auto& [ulid, slot] : now->slots) {
    if (!slot.block) continue;
    blocks.push_back({external_labels(*slot.meta), {slot.meta->min_time, slot.meta->max_time}});
  }
  describe_blocks(std::move(blocks), info);
  if (!info.range.empty()) info.range = limited(info.range);
  return info;
}

Result<std::unique_ptr<SeriesStream>> BucketStore::series(const Context& context,
                                                          const SeriesRequest& request) {
  if (request.matchers.empty()) return make_empty_stream();
  std::optional<Gate::Pass> pass;
  if (gate_) {
    MNEMO_TRY(auto entered, gate_->enter(context));
    pass.emplace(std::move(entered));
  }
  SeriesRequest limited_request = request;
  limited_request.range = limited(request.range);
  auto now = table();
  bool aborts = request.partial_response == PartialResponse::kAbort;
  std::vector<std::string> warnings;
  if (!now->complete.ok()) {
    if (aborts) return now->complete;
    warnings.push_back(now->complete.message());
  }
  auto stats = std::make_shared<QueryStats>(metrics_, options_.limits);
  auto reads = choose_blocks(*now, limited_request);
  auto batches =
      batch_bytes(options_.query_bytes, reads.size(), surroundings_->reader.bucket()->is_local());
  auto scope = std::make_unique<CallScope>(context);
  std::vector<std::unique_ptr<SeriesStream>> streams;
  std::vector<std::string> queried;
  PrefetchOptions prefetch;
  prefetch.executor = options_.executor;
  prefetch.max_series = kPrefetchedSeries;
  prefetch.max_bytes = batches.usual;
  prefetch.handed_over_at_once = kSeriesHandedOver;
  prefetch.quick = kQuickBatch;
  for (auto& read : reads) {
    if (!read.slot->block) {
      if (aborts) return read.slot->missing();
      warnings.push_back(read.slot->missing().message());
      continue;
    }
    queried.push_back(read.slot->meta->ulid.to_string());
    auto open = [block = read.slot->block, matchers = std::move(read.matchers), limited_request,
                 batches,
                 stats](const Context& block_context) -> Result<std::unique_ptr<SeriesStream>> {
      auto stream = std::make_unique<BlockStream>(block_context, block, matchers, limited_request,
                                                  batches, stats);
      return make_partial_stream(block_context, std::move(stream),
                                 limited_request.partial_response);
    };
    streams.push_back(
        std::make_unique<PrefetchStream>(scope->context(), std::move(open), prefetch));
  }
  stats->blocks = queried.size();
  streams.push_back(std::make_unique<VectorSeriesStream>(std::vector<Series>(), std::move(warnings),
                                                         std::move(queried)));
  auto merged =
      make_scoped_stream(std::move(scope), merge_streams(std::move(streams), request.limit));
  return std::unique_ptr<SeriesStream>(
      std::make_unique<AnswerStream>(std::move(merged), std::move(stats), gate_, std::move(pass)));
}

}  // namespace mnemo
