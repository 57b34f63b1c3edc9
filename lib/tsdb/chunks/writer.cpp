// SPDX-License-Identifier: Apache-2.0
#include "tsdb/chunks/writer.hpp"

#include "base/varint.hpp"
#include "tsdb/chunks/segments.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr char kVersion = 1;

/// Decides, as Prometheus does, before which chunks of one series a segment begins: each counts
/// with the longest length that it could have, and a segment's first is never too large for it.
class SegmentCuts {
 public:
  SegmentCuts(uint64_t position, uint64_t limit) : position_(position), limit_(limit) {}

  bool before(size_t data_size) {
    uint64_t size = data_size + kMaxRecordOverhead;
    pending_ += size;
    bool cut = !is_first_ && pending_ + kSegmentHeaderSize > limit_;
    if (in_first_segment_ && position_ > kSegmentHeaderSize) cut = pending_ + position_ > limit_;
    is_first_ = false;
    if (!cut) return false;
    in_first_segment_ = false;
    pending_ = size;
    return true;
  }

 private:
  uint64_t position_;
  uint64_t limit_;
  uint64_t pending_ = 0;
  bool is_first_ = true;
  bool in_first_segment_ = true;
};

}  // namespace

Result<ChunkWriter> ChunkWriter::create(OutputFiles& files, std::filesystem::path folder,
                                        uint64_t segment_bytes) {
  MNEMO_RETURN_IF_ERROR(files.create_folder(folder));
  // A reference has 32 bits for the offset.
  segment_bytes = std::min<uint64_t>(segment_bytes, std::numeric_limits<uint32_t>::max());
  return ChunkWriter(files, std::move(folder), segment_bytes);
}

Status ChunkWriter::begin_segment() {
  if (segment_) MNEMO_RETURN_IF_ERROR(segment_->finish());
  auto name = std::filesystem::path(segment_name(segments_)).filename();
  MNEMO_TRY(segment_, BufferedOutput::create(*files_, folder_ / name));
  ++segments_;
  scratch_.clear();
  append_be32(scratch_, kSegmentMagic);
  scratch_ += kVersion;
  scratch_.resize(kSegmentHeaderSize);
  return segment_->append(scratch_);
}

Status ChunkWriter::check_room(size_t data_size) const {
  if (data_size <= std::numeric_limits<uint32_t>::max() - kMaxRecordOverhead &&
      segment_->position() <= std::numeric_limits<uint32_t>::max()) {
    return {};
  }
  return Status::resource_exhausted("chunk: larger than a segment may be");
}

Status ChunkWriter::write(std::span<const Chunk> chunks, std::vector<ChunkMeta>& metas) {
  metas.clear();
  if (chunks.empty()) return {};
  if (!segment_) MNEMO_RETURN_IF_ERROR(begin_segment());
  SegmentCuts cuts(segment_->position(), segment_bytes_);
  for (const auto& chunk : chunks) {
    if (cuts.before(chunk.data.size())) MNEMO_RETURN_IF_ERROR(begin_segment());
    MNEMO_RETURN_IF_ERROR(check_room(chunk.data.size()));
    metas.push_back({chunk.min_time, chunk.max_time, next_ref()});
    scratch_.clear();
    append_chunk_record(scratch_, chunk.encoding, chunk.data);
    MNEMO_RETURN_IF_ERROR(segment_->append(scratch_));
  }
  return {};
}

Status ChunkWriter::copy(std::span<const StoredChunk> chunks, std::vector<ChunkMeta>& metas) {
  metas.clear();
  if (chunks.empty()) return {};
  if (!segment_) MNEMO_RETURN_IF_ERROR(begin_segment());
  SegmentCuts cuts(segment_->position(), segment_bytes_);
  for (const auto& [min_time, max_time, view] : chunks) {
    if (cuts.before(view.data.size())) MNEMO_RETURN_IF_ERROR(begin_segment());
    MNEMO_RETURN_IF_ERROR(check_room(view.data.size()));
    metas.push_back({min_time, max_time, next_ref()});
    MNEMO_RETURN_IF_ERROR(
        segment_->append({reinterpret_cast<const char*>(view.record.data()), view.record.size()}));
  }
  return {};
}

Status ChunkWriter::finish() {
  if (segment_) MNEMO_RETURN_IF_ERROR(segment_->finish());
  segment_.reset();
  return files_->sync_folder(folder_);
}

}  // namespace mnemo::tsdb
