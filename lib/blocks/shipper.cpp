// SPDX-License-Identifier: Apache-2.0
#include "blocks/shipper.hpp"

#include "base/file.hpp"
#include "blocks/meta_fetcher.hpp"
#include "blocks/shipper_file.hpp"
#include "blocks/upload.hpp"

#include <algorithm>
#include <system_error>

namespace mnemo {

namespace fs = std::filesystem;

/// Tells whether a block would overlap blocks of the same external labels in the bucket, whose
/// metas it loads when first asked.
class Shipper::OverlapCheck {
 public:
  OverlapCheck(std::shared_ptr<Bucket> bucket, const ShipperOptions& options)
      : bucket_(std::move(bucket)), options_(options) {}

  Status check(const Context& context, const BlockMeta& meta, const Labels& labels) {
    if (!is_loaded_) MNEMO_RETURN_IF_ERROR(load(context));
    for (const auto& [block, other] : view_.metas) {
      bool is_ours = other->thanos && other->thanos->labels == labels && block != meta.ulid;
      if (!is_ours || !meta.range().overlaps(other->range())) continue;
      return Status::failed_precondition("shipping compacted block " + meta.ulid.to_string() +
                                         " is blocked; overlap spotted: " + block.to_string());
    }
    return {};
  }

 private:
  Status load(const Context& context) {
    options_.logger->info("gathering all existing blocks from the remote bucket for check");
    MetaFetcherOptions requests;
    requests.executor = options_.executor;
    MNEMO_TRY(view_, MetaFetcher(bucket_, requests).fetch(context));
    MNEMO_RETURN_IF_ERROR(view_.complete);
    is_loaded_ = true;
    return {};
  }

  std::shared_ptr<Bucket> bucket_;
  const ShipperOptions& options_;
  BlockView view_;
  bool is_loaded_ = false;
};

Shipper::Shipper(std::shared_ptr<Bucket> bucket, ShipperOptions options)
    : bucket_(std::move(bucket)), options_(std::move(options)) {
  if (!options_.logger) options_.logger = null_logger();
  if (!options_.external_labels) options_.external_labels = [] { return Labels(); };
  auto& metrics = options_.metrics != nullptr ? *options_.metrics : own_metrics_;
  counters_.dir_syncs =
      &metrics.counter("thanos_shipper_dir_syncs_total", "Total number of dir syncs");
  counters_.dir_sync_failures = &metrics.counter("thanos_shipper_dir_sync_failures_total",
                                                 "Total number of failed dir syncs");
  counters_.uploads =
      &metrics.counter("thanos_shipper_uploads_total", "Total number of uploaded blocks");
  counters_.upload_failures = &metrics.counter("thanos_shipper_upload_failures_total",
                                               "Total number of block upload failures");
  counters_.corrupted_blocks =
      &metrics.counter("thanos_shipper_corrupted_blocks_total", "Total number of corrupted blocks");
  counters_.upload_compacted_done =
      &metrics.gauge("thanos_shipper_upload_compacted_done",
                     "If 1 it means shipper uploaded all compacted blocks from the filesystem.");
}

ShipResult Shipper::sync(const Context& context) {
  std::lock_guard lock(mutex_);
  if (is_first_pass_) remove_stale_snapshots();
  is_first_pass_ = false;
  auto blocks = local_blocks();
  if (!blocks.ok()) {
    counters_.dir_sync_failures->increment();
    return {0, blocks.status()};
  }
  counters_.corrupted_blocks->increment(static_cast<double>(blocks->corrupted));
  auto result = ship_all(context, *blocks);
  counters_.uploads->increment(static_cast<double>(result.uploaded));
  if (result.status.ok()) {
    counters_.upload_compacted_done->set(options_.upload_compacted ? 1 : 0);
  }
  return result;
}

ShipResult Shipper::ship_all(const Context& context, const LocalBlocks& blocks) {
  ShipResult result;
  OverlapCheck overlaps(bucket_, options_);
  auto shipped = read_shipped();
  bool is_broken_off = false;
  for (const auto& meta : blocks.metas) {
    // What the file lists and the bucket no longer holds was removed there: by compaction, mostly.
    if (shipped.contains(meta.ulid)) continue;
    auto outcome = ship(context, meta, overlaps);
    if (outcome.ok()) {
      if (*outcome == Outcome::kUploaded) ++result.uploaded;
      if (*outcome != Outcome::kIgnored) shipped.insert(meta.ulid);
      continue;
    }
    counters_.upload_failures->increment();
    auto failure = outcome.status().with_context("upload " + meta.ulid.to_string());
    options_.logger->error("shipping failed",
                           {{"block", meta.ulid.to_string()}, {"err", failure.message()}});
    if (result.status.ok()) result.status = std::move(failure);
    is_broken_off = !options_.allow_out_of_order_uploads || !context.check().ok();
    if (is_broken_off) break;
  }
  write_shipped(blocks, shipped);
  (is_broken_off ? counters_.dir_sync_failures : counters_.dir_syncs)->increment();
  if (result.status.ok() && blocks.corrupted > 0) {
    result.status = Status::data_loss("failed to sync " + std::to_string(blocks.corrupted) +
                                      " corrupted blocks");
  }
  return result;
}

Result<Shipper::Outcome> Shipper::ship(const Context& context, const BlockMeta& meta,
                                       OverlapCheck& overlaps) {
  if (!is_wanted(meta)) return Outcome::kIgnored;
  auto labels = options_.external_labels();
  if (labels.empty()) {
    return Status::failed_precondition("empty external labels are not allowed for Thanos block");
  }
  MNEMO_TRY(bool is_there, bucket_->exists(context, block_object(meta.ulid, kMetaFile)));
  if (is_there) return Outcome::kAlreadyThere;
  if (meta.compaction.level > 1 && !options_.allow_out_of_order_uploads) {
    MNEMO_RETURN_IF_ERROR(overlaps.check(context, meta, labels));
  }
  options_.logger->info("upload new block", {{"id", meta.ulid.to_string()}});
  auto status = upload(context, meta, labels);
  if (status.ok()) return Outcome::kUploaded;
  std::error_code ignored;
  bool is_deleted = status.code() == Code::kNotFound &&
                    !fs::exists(options_.data_dir / meta.ulid.to_string(), ignored);
  if (is_deleted) return Outcome::kIgnored;
  return status;
}

bool Shipper::is_wanted(const BlockMeta& meta) const {
  return meta.stats.num_samples > 0 && (meta.compaction.level <= 1 || options_.upload_compacted);
}

Status Shipper::upload(const Context& context, BlockMeta meta, const Labels& external_labels) {
  auto name = meta.ulid.to_string();
  auto snapshot = snapshots_dir() / name;
  std::error_code ignored;
  fs::remove_all(snapshot, ignored);
  auto ship_snapshot = [&]() -> Status {
    MNEMO_RETURN_IF_ERROR(snapshot_block(options_.data_dir / name, snapshot));
    if (!meta.thanos) meta.thanos.emplace().version = 0;  // Thanos' shipper writes none
    meta.thanos->labels = with_external_labels(meta.thanos->labels, external_labels);
    meta.thanos->source = options_.source;
    MNEMO_TRY(meta.thanos->segment_files, segment_files(snapshot));
    MNEMO_RETURN_IF_ERROR(write_file_atomically(snapshot / kMetaFile, meta.to_json()));
    UploadOptions upload;
    upload.hash = options_.hash;
    upload.executor = options_.executor;
    upload.concurrency = options_.upload_concurrency;
    upload.clock = options_.clock;
    return upload_block(context, *bucket_, snapshot, upload);
  };
  auto status = ship_snapshot();
  fs::remove_all(snapshot, ignored);
  return status;
}

Result<Shipper::LocalBlocks> Shipper::local_blocks() const {
  LocalBlocks blocks;
  std::error_code error;
  fs::directory_iterator entry(options_.data_dir, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!block_of_folder(entry->path().filename().string()) || !entry->is_directory(ignored)) {
      continue;
    }
    auto meta = read_block_meta(entry->path());
    if (meta.ok()) {
      blocks.metas.push_back(std::move(*meta));
    } else if (meta.status().code() == Code::kNotFound) {
      // Being deleted, or not complete: no block to Prometheus either.
      options_.logger->debug("ignoring folder without meta.json",
                             {{"dir", entry->path().string()}});
    } else {
      auto failure = meta.status().with_context("read metadata for block");
      options_.logger->error("block can't be read", {{"err", failure.message()}});
      if (!options_.skip_corrupted_blocks) return failure;
      ++blocks.corrupted;
    }
  }
  if (error) return errno_status(error.value(), "read folder", options_.data_dir);
  std::stable_sort(blocks.metas.begin(), blocks.metas.end(), [](const auto& a, const auto& b) {
    return a.min_time != b.min_time ? a.min_time < b.min_time : a.ulid < b.ulid;
  });
  return blocks;
}

/// The file only saves requests: when it can't be read, the bucket is asked.
std::set<Ulid> Shipper::read_shipped() const {
  auto file = ShipperFile::read(file_path());
  if (file.ok()) return {file->uploaded.begin(), file->uploaded.end()};
  if (file.status().code() == Code::kNotFound) {
    options_.logger->info("no meta file found, creating empty meta data to write later");
  } else {
    options_.logger->error("failed to read meta file, creating empty meta data to write later",
                           {{"err", file.status().message()}});
  }
  return {};
}

/// Lists the shipped blocks that are still there, oldest first; an unchanged file isn't written.
void Shipper::write_shipped(const LocalBlocks& blocks, const std::set<Ulid>& shipped) {
  ShipperFile file;
  for (const auto& meta : blocks.metas) {
    if (shipped.contains(meta.ulid)) file.uploaded.push_back(meta.ulid);
  }
  auto before = ShipperFile::read(file_path());
  if (before.ok() && *before == file) return;
  if (auto status = file.write(file_path()); !status.ok()) {
    options_.logger->warn("updating meta file failed", {{"err", status.message()}});
  }
}

/// What a killed run linked would keep deleted blocks on the disk.
void Shipper::remove_stale_snapshots() {
  std::error_code error;
  fs::remove_all(snapshots_dir(), error);
  if (error) {
    options_.logger->error("failed to clean upload directory", {{"err", error.message()}});
  }
}

Result<TimeRange> Shipper::timestamps() {
  std::lock_guard lock(mutex_);
  MNEMO_TRY(auto blocks, local_blocks());
  auto shipped = read_shipped();
  TimeRange range{kMaxTime, kMinTime};
  for (const auto& meta : blocks.metas) {
    range.min = std::min(range.min, meta.min_time);
    if (shipped.contains(meta.ulid)) range.max = std::max(range.max, meta.max_time);
  }
  return range;
}

Result<bool> Shipper::all_blocks_uploaded() {
  std::lock_guard lock(mutex_);
  MNEMO_TRY(auto blocks, local_blocks());
  auto shipped = read_shipped();
  return std::all_of(blocks.metas.begin(), blocks.metas.end(), [&](const auto& meta) {
    return !is_wanted(meta) || shipped.contains(meta.ulid);
  });
}

}  // namespace mnemo
