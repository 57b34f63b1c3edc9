// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/bucket.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>

#include "blocks/layout.hpp"
#include "blocks/markers.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// What a listing of the bucket tells of one block's folder.
struct BlockListing {
  std::optional<ObjectAttributes> meta;  // of meta.json, where there is one
  std::map<MarkKind, ObjectAttributes> marks;
  int64_t last_modified_ms = 0;  // of the newest object in the folder
};

/// A folder that looks like a block's and is none that may be served: it is being uploaded or
/// deleted, or its meta.json can't be read.
struct PartialBlock {
  Status reason;                 // NotFound: no meta.json; DataLoss, Unimplemented: not readable
  int64_t last_modified_ms = 0;  // of the newest object in the folder
};

/// The blocks of a bucket at one moment.
struct BlockView {
  std::map<Ulid, std::shared_ptr<const BlockMeta>> metas;  // less what the filters took out
  std::map<Ulid, PartialBlock> partial;
  std::map<Ulid, BlockListing> listing;      // every folder that has a block's name
  std::map<Ulid, BlockMark> deletion_marks;  // as far as `ignore_deletion_marks` has read them
  std::map<std::string, uint64_t>
      synced_states;  // how many blocks are in which state, but "loaded"
  /// OK, or why the metas of some blocks could not be loaded: blocks that are not in `metas` may
  /// yet be in the bucket.
  Status complete;

  /// Takes a block out of `metas` and counts it under `state`.
  void exclude(const Ulid& block, std::string_view state);
};

/// Takes blocks out of a view. See blocks/meta_filters.hpp.
using MetaFilter = std::function<Status(const Context&, BlockView&)>;

struct MetaFetcherOptions {
  size_t concurrency = 32;             // requests at a time
  std::shared_ptr<Executor> executor;  // null: one request after the other
  std::vector<MetaFilter> filters;     // in this order
  Metrics* metrics = nullptr;          // thanos_blocks_meta_*; must outlive the fetcher
  std::shared_ptr<Logger> logger;      // null: none
};

struct MetricName {
  const char* name;
  const char* help;
};

/// Tells which blocks are in a bucket.
///
/// Thread-safe: fetches run one after the other.
/// Requests: one recursive listing a fetch, which tells of metas and marks alike, and one get for
/// each meta.json that is new or has changed since the last fetch (by size and time of
/// modification).
class MetaFetcher {
 public:
  MetaFetcher(std::shared_ptr<Bucket> bucket, MetaFetcherOptions options);

  /// Errors: those of the listing and of the filters. What can't be loaded of single blocks is no
  /// error but part of the view.
  Result<BlockView> fetch(const Context& context);

 private:
  struct Loaded {
    ObjectAttributes attributes;
    std::shared_ptr<const BlockMeta> meta;  // null: see `failure`
    Status failure;
  };
  struct Wanted {
    Ulid block;
    ObjectAttributes attributes;
    Result<std::shared_ptr<const BlockMeta>> result;
  };

  Result<BlockView> fetch_and_filter(const Context& context);
  Result<std::map<Ulid, BlockListing>> list_blocks(const Context& context);
  std::vector<Wanted> missing_metas(const std::map<Ulid, BlockListing>& listing);
  Result<std::shared_ptr<const BlockMeta>> load_meta(const Context& context, const Ulid& block);
  void remember(std::vector<Wanted> loaded, BlockView& view);
  void fill(BlockView& view) const;
  void count(const Result<BlockView>& result) const;
  void add(const MetricName& counter) const;

  std::shared_ptr<Bucket> bucket_;
  MetaFetcherOptions options_;
  std::mutex mutex_;
  std::map<Ulid, Loaded> loaded_;  // of blocks that are in the bucket
};

}  // namespace mnemo
