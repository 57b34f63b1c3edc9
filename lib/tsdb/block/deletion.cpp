// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/deletion.hpp"

#include "tsdb/block/block_files.hpp"

#include <algorithm>
#include <vector>

namespace mnemo {
namespace tsdb {
namespace {

Status replace_file(OutputFiles& files, const std::filesystem::path& path,
                    std::string_view content) {
  auto temporary = path;
  temporary += ".tmp";
  auto write = [&]() -> Status {
    MNEMO_TRY(auto file, files.create(temporary));
    MNEMO_RETURN_IF_ERROR(file->append(content));
    MNEMO_RETURN_IF_ERROR(file->sync());
    file.reset();
    return files.rename(temporary, path);
  };
  if (auto status = write(); !status.ok()) {
    (void)files.remove_all(temporary).ok();
    return status;
  }
  return files.sync_folder(path.parent_path());
}

/// What to record of a series: nothing (an empty range) where no chunk has a part of `range`.
TimeRange deleted_range(std::span<const ChunkMeta> chunks, TimeRange range) {
  bool is_touched = false;
  TimeRange lifetime{kMaxTime, kMinTime};
  for (const auto& chunk : chunks) {
    is_touched |= chunk.range().overlaps(range);
    lifetime.min = std::min(lifetime.min, chunk.min_time);
    lifetime.max = std::max(lifetime.max, chunk.max_time);
  }
  return is_touched ? range.intersect(lifetime) : TimeRange{kMaxTime, kMinTime};
}

}  // namespace

Result<BlockMeta> delete_samples(const std::filesystem::path& directory,
                                 std::span<const Matcher> matchers, TimeRange range,
                                 OutputFiles& files) {
  MNEMO_TRY(auto block, BlockFiles::open(directory));
  auto place = block.place("index");
  MNEMO_TRY(auto refs, select_postings(matchers, block.index).with_context(place));
  std::vector<SymbolPair> labels;
  std::vector<ChunkMeta> chunks;
  bool is_changed = false;
  for (SeriesRef ref : refs) {
    MNEMO_RETURN_IF_ERROR(block.index.series_symbols(ref, labels, &chunks).with_context(place));
    auto deleted = deleted_range(chunks, range);
    if (deleted.empty() || covers(block.tombstones.of(ref), deleted)) continue;
    block.tombstones.add(ref, deleted);
    is_changed = true;
  }
  if (!is_changed) return block.meta;
  block.meta.stats.num_tombstones = block.tombstones.count();
  MNEMO_RETURN_IF_ERROR(replace_file(files, directory / "tombstones", block.tombstones.encode()));
  MNEMO_RETURN_IF_ERROR(replace_file(files, directory / "meta.json", block.meta.to_json()));
  return block.meta;
}

}  // namespace tsdb

Result<BlockMeta> delete_samples(const std::filesystem::path& directory,
                                 std::span<const Matcher> matchers, TimeRange range) {
  return tsdb::delete_samples(directory, matchers, range, *disk_files());
}

}  // namespace mnemo
