// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/directory_writer.hpp"

#include "chunkenc/aggregate.hpp"
#include "chunkenc/decode.hpp"
#include "tsdb/chunks/segments.hpp"

#include <mnemo/ulid.hpp>

#include <system_error>
#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr std::string_view kTemporarySuffix = ".tmp-for-creation";
constexpr std::string_view kLockSuffix = ".tmp-for-creation.lock";

bool is_lock(const std::filesystem::path& path) {
  auto name = path.filename().string();
  return name.ends_with(kLockSuffix) &&
         Ulid::parse(std::string_view(name).substr(0, name.size() - kLockSuffix.size())).ok();
}

/// Removes the temporary folders whose writers were killed. Those without a lock are somebody
/// else's: Prometheus may be compacting here.
void remove_left_behind(OutputFiles& files, const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> locks;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (is_lock(at->path())) locks.push_back(at->path());
  }
  for (const auto& path : locks) {
    auto lock = FileLock::take_over(path);
    if (!lock) continue;
    auto temporary = path;
    temporary.replace_extension();
    if (!files.remove_all(temporary).ok()) lock->leave();
  }
}

/// How many samples a chunk holds; of an aggregate chunk, how many it has for each aggregate.
Result<uint32_t> sample_count(ChunkEncoding encoding, std::span<const uint8_t> data) {
  Chunk chunk{0, 0, encoding, Bytes(data, nullptr)};
  if (encoding != ChunkEncoding::kAggregate) return chunk_sample_count(chunk);
  MNEMO_TRY(auto parts, split_aggregate(chunk));
  const auto& counts = parts[AggregatePart::kCount];
  if (!counts) return Status::data_loss("an aggregate chunk without counts");
  return chunk_sample_count(counts->data);
}

/// Aggregates don't tell how many floats and histograms they were made of: as in Thanos, what the
/// raw block's statistics said goes from block to block.
BlockStats stats_kept(const BlockMeta& meta) {
  BlockStats stats;
  if (!meta.thanos || meta.thanos->resolution == 0) return stats;
  stats.num_float_samples = meta.stats.num_float_samples;
  stats.num_histogram_samples = meta.stats.num_histogram_samples;
  return stats;
}

}  // namespace

Result<BlockDirectoryWriter> BlockDirectoryWriter::create(const std::filesystem::path& folder,
                                                          BlockMeta meta,
                                                          const OutputOptions& options) {
  BlockDirectoryWriter writer;
  writer.files_ = options.files != nullptr ? options.files : disk_files();
  writer.folder_ = folder;
  writer.meta_ = std::move(meta);
  writer.meta_.stats = stats_kept(writer.meta_);
  auto name = writer.meta_.ulid.to_string();
  auto& files = *writer.files_;
  MNEMO_RETURN_IF_ERROR(files.create_folder(folder));
  remove_left_behind(files, folder);
  MNEMO_TRY(auto lock, FileLock::create(folder / (name + std::string(kLockSuffix))));
  writer.lock_.emplace(std::move(lock));
  writer.temporary_ = folder / (name + std::string(kTemporarySuffix));
  MNEMO_RETURN_IF_ERROR(files.remove_all(writer.temporary_));
  MNEMO_RETURN_IF_ERROR(files.create_folder(writer.temporary_));
  MNEMO_TRY(writer.chunks_,
            ChunkWriter::create(files, writer.temporary_ / "chunks", options.segment_bytes));
  MNEMO_TRY(writer.index_, IndexWriter::create(files, writer.temporary_ / "index"));
  return writer;
}

BlockDirectoryWriter::~BlockDirectoryWriter() {
  if (files_ == nullptr || temporary_.empty()) return;
  index_.reset();
  chunks_.reset();
  if (!files_->remove_all(temporary_).ok()) lock_->leave();
}

Status BlockDirectoryWriter::count(ChunkEncoding encoding, std::span<const uint8_t> data) {
  MNEMO_TRY(auto samples, sample_count(encoding, data));
  auto& stats = meta_.stats;
  ++stats.num_chunks;
  stats.num_samples += samples;
  switch (encoding) {
    case ChunkEncoding::kXor:
    case ChunkEncoding::kXor2: stats.num_float_samples += samples; break;
    case ChunkEncoding::kHistogram:
    case ChunkEncoding::kFloatHistogram:
    case ChunkEncoding::kHistogramSt:
    case ChunkEncoding::kFloatHistogramSt: stats.num_histogram_samples += samples; break;
    case ChunkEncoding::kNone:
    case ChunkEncoding::kAggregate: break;
  }
  return {};
}

Status BlockDirectoryWriter::add_series(std::span<const SymbolPair> labels,
                                        std::span<const Chunk> chunks) {
  for (const auto& chunk : chunks) MNEMO_RETURN_IF_ERROR(count(chunk.encoding, chunk.data));
  ++meta_.stats.num_series;
  MNEMO_RETURN_IF_ERROR(chunks_->write(chunks, chunk_metas_));
  return index_->add_series(labels, chunk_metas_);
}

Status BlockDirectoryWriter::copy_series(std::span<const SymbolPair> labels,
                                         std::span<const StoredChunk> chunks) {
  for (const auto& chunk : chunks) {
    MNEMO_RETURN_IF_ERROR(count(chunk.view.encoding, chunk.view.data));
  }
  ++meta_.stats.num_series;
  MNEMO_RETURN_IF_ERROR(chunks_->copy(chunks, chunk_metas_));
  return index_->add_series(labels, chunk_metas_);
}

void BlockDirectoryWriter::add_tombstones(std::span<const TimeRange> ranges) {
  for (const auto& range : ranges) tombstones_.add(index_->last_ref(), range);
  meta_.stats.num_tombstones += ranges.size();
}

Status BlockDirectoryWriter::write_small_file(std::string_view name, std::string_view content) {
  MNEMO_TRY(auto file, files_->create(temporary_ / name));
  MNEMO_RETURN_IF_ERROR(file->append(content));
  return file->sync();
}

Status BlockDirectoryWriter::publish() {
  MNEMO_RETURN_IF_ERROR(write_small_file("meta.json", meta_.to_json()));
  MNEMO_RETURN_IF_ERROR(write_small_file("tombstones", tombstones_.encode()));
  MNEMO_RETURN_IF_ERROR(files_->sync_folder(temporary_));
  MNEMO_RETURN_IF_ERROR(files_->rename(temporary_, folder_ / meta_.ulid.to_string()));
  temporary_.clear();
  lock_.reset();
  return files_->sync_folder(folder_);
}

Result<BlockMeta> BlockDirectoryWriter::finish() {
  MNEMO_RETURN_IF_ERROR(chunks_->finish());
  MNEMO_RETURN_IF_ERROR(index_->finish());
  if (meta_.stats.num_samples == 0) return meta_;
  if (meta_.thanos) {
    auto& thanos = *meta_.thanos;
    thanos.files.clear();
    thanos.segment_files.clear();
    for (uint32_t i = 0; i < chunks_->segment_count(); ++i) {
      thanos.segment_files.push_back(std::filesystem::path(segment_name(i)).filename().string());
    }
    thanos.index_max_series_size = 0;
    thanos.index_max_chunk_size = 0;
    thanos.upload_time.clear();
  }
  MNEMO_RETURN_IF_ERROR(publish());
  return meta_;
}

}  // namespace mnemo::tsdb
