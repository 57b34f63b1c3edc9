// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/bucket.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>

#include "blocks/block_files.hpp"
#include "blocks/layout.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace mnemo {

struct ShipperOptions {
  std::filesystem::path data_dir;           // Prometheus' data directory
  std::function<Labels()> external_labels;  // asked for at each upload; none: nothing is shipped
  std::string source = "sidecar";           // `thanos.source` in meta.json
  std::string meta_file_name = "thanos.shipper.json";  // in `data_dir`
  FileHash hash = FileHash::kNone;
  /// Ship compacted blocks too, unless they overlap what is in the bucket.
  bool upload_compacted = false;
  /// Go on with newer blocks when one fails, and don't look for overlaps. Off: a compactor never
  /// sees a block whose predecessor is still missing.
  bool allow_out_of_order_uploads = false;
  /// Go on when a block's meta.json can't be read.
  bool skip_corrupted_blocks = false;
  std::shared_ptr<Executor> executor;  // null: all in the calling thread
  size_t upload_concurrency = 1;       // chunk segments at a time
  WallClock clock;                     // empty: the system's
  Metrics* metrics = nullptr;          // thanos_shipper_*; must outlive the shipper
  std::shared_ptr<Logger> logger;      // null: none
};

/// What one pass over the data directory came to. `status` is the first failure; blocks that were
/// uploaded before or in spite of it count.
struct ShipResult {
  size_t uploaded = 0;
  Status status;
};

/// Ships the blocks that Prometheus (or another TSDB) completes in a data directory to a bucket,
/// each once, with external labels.
///
/// Thread-safe: passes run one after the other.
/// A kill at any moment is harmless: a block is in the bucket once its meta.json, the last object
/// put, is; the next pass puts what is missing. The data directory's blocks are only read;
/// Prometheus may delete one while it is being shipped (files are linked below `thanos/upload`).
/// Requests: none for blocks that the shipper's file lists; else one look for meta.json, one put
/// for each file.
class Shipper {
 public:
  Shipper(std::shared_ptr<Bucket> bucket, ShipperOptions options);

  /// One pass. Errors: FailedPrecondition (no external labels; a compacted block overlaps), those
  /// of the bucket and of files, Cancelled.
  ShipResult sync(const Context& context);

  /// From the start of the oldest local block to the end of the newest shipped one; empty (min or
  /// max as in an empty range) where there is none. As the shipper's file says.
  Result<TimeRange> timestamps();

  /// Whether the shipper's file lists all local blocks that are to be shipped.
  Result<bool> all_blocks_uploaded();

 private:
  struct Counters {
    Counter* dir_syncs = nullptr;
    Counter* dir_sync_failures = nullptr;
    Counter* uploads = nullptr;
    Counter* upload_failures = nullptr;
    Counter* corrupted_blocks = nullptr;
    Gauge* upload_compacted_done = nullptr;
  };
  struct LocalBlocks {
    std::vector<BlockMeta> metas;  // oldest first
    size_t corrupted = 0;
  };
  enum class Outcome { kUploaded, kAlreadyThere, kIgnored };
  class OverlapCheck;

  ShipResult ship_all(const Context& context, const LocalBlocks& blocks);
  Result<Outcome> ship(const Context& context, const BlockMeta& meta, OverlapCheck& overlaps);
  /// Empty blocks aren't, nor compacted ones unless asked for.
  bool is_wanted(const BlockMeta& meta) const;
  Status upload(const Context& context, BlockMeta meta, const Labels& external_labels);
  Result<LocalBlocks> local_blocks() const;
  std::set<Ulid> read_shipped() const;
  void write_shipped(const LocalBlocks& blocks, const std::set<Ulid>& shipped);
  void remove_stale_snapshots();
  std::filesystem::path file_path() const { return options_.data_dir / options_.meta_file_name; }
  std::filesystem::path snapshots_dir() const { return options_.data_dir / "thanos" / "upload"; }

  std::shared_ptr<Bucket> bucket_;
  ShipperOptions options_;
  Metrics own_metrics_;  // counts where the embedder gave none
  Counters counters_;
  std::mutex mutex_;
  bool is_first_pass_ = true;
};

}  // namespace mnemo
