// SPDX-License-Identifier: Apache-2.0
#include "downsample/downsample.hpp"

#include "base/duration.hpp"
#include "downsample/series.hpp"
#include "tsdb/block/block_files.hpp"
#include "tsdb/merge/overlaps.hpp"
#include "tsdb/merge/recode.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mnemo::downsample {
namespace {

using tsdb::BlockDirectoryWriter;
using tsdb::BlockFiles;

int64_t resolution_of(const BlockMeta& meta) { return meta.thanos ? meta.thanos->resolution : 0; }

Status check_source(const BlockFiles& source, int64_t resolution) {
  int64_t own = resolution_of(source.meta);
  auto block = "block " + source.meta.ulid.to_string();
  if (resolution <= own) {
    return Status::invalid_argument(block + ": its resolution is " + format_duration_ms(own) +
                                    " already");
  }
  if (own > 0 && !source.tombstones.empty()) {
    return Status::invalid_argument(block + ": deletions can't be applied to aggregates");
  }
  return {};
}

BlockMeta downsampled_meta(const BlockMeta& source, const Ulid& ulid, int64_t resolution) {
  BlockMeta meta = source;
  meta.ulid = ulid;
  if (!meta.thanos) meta.thanos.emplace();
  meta.thanos->resolution = resolution;
  meta.thanos->source = "compactor";
  return meta;
}

/// Downsamples the series of a block one by one.
class SeriesDownsampler {
 public:
  SeriesDownsampler(const BlockFiles& source, int64_t resolution, BlockDirectoryWriter& writer)
      : source_(source), resolution_(resolution), writer_(writer) {}

  Status add(tsdb::SeriesRef ref) {
    MNEMO_RETURN_IF_ERROR(
        source_.index.series_symbols(ref, labels_, &metas_).with_context(source_.place("index")));
    chunks_.clear();
    for (const auto& meta : metas_) {
      MNEMO_TRY(auto chunk, source_.read_chunk(meta));
      chunks_.push_back(std::move(chunk));
    }
    auto status = downsample(ref);
    if (status.ok() && !aggregated_.empty()) status = writer_.add_series(labels_, aggregated_);
    if (status.ok()) return {};
    Labels labels;
    std::vector<tsdb::SymbolPair> scratch;
    (void)source_.index.series(ref, labels, nullptr, scratch).ok();  // as good as it gets
    return std::move(status).with_context("block " + source_.meta.ulid.to_string() + ": series " +
                                          labels.to_string());
  }

 private:
  Status downsample(tsdb::SeriesRef ref) {
    if (int64_t own = resolution_of(source_.meta); own > 0) {
      return downsample_aggregated(chunks_, own, resolution_, aggregated_);
    }
    MNEMO_RETURN_IF_ERROR(chain_overlaps());
    return downsample_raw(chunks_, source_.tombstones.of(ref), resolution_, scratch_, aggregated_);
  }

  Status chain_overlaps() {
    auto overlap = [](const Chunk& a, const Chunk& b) { return b.min_time <= a.max_time; };
    if (std::adjacent_find(chunks_.begin(), chunks_.end(), overlap) == chunks_.end()) return {};
    std::stable_sort(chunks_.begin(), chunks_.end(),
                     [](const Chunk& a, const Chunk& b) { return a.min_time < b.min_time; });
    std::vector<Chunk> chained;
    MNEMO_RETURN_IF_ERROR(tsdb::merge_chunks({&chunks_, 1}, tsdb::chain_overlaps, chained));
    chunks_ = std::move(chained);
    return {};
  }

  const BlockFiles& source_;
  int64_t resolution_;
  BlockDirectoryWriter& writer_;
  std::vector<tsdb::SymbolPair> labels_;
  std::vector<ChunkMeta> metas_;
  std::vector<Chunk> chunks_;
  SampleColumn scratch_;
  std::vector<Chunk> aggregated_;
};

}  // namespace

Result<BlockMeta> downsample_block(const std::filesystem::path& source_folder, int64_t resolution,
                                   const Ulid& ulid, const std::filesystem::path& folder,
                                   const DownsampleOptions& options) {
  MNEMO_TRY(auto source, BlockFiles::open(source_folder));
  MNEMO_RETURN_IF_ERROR(check_source(source, resolution));
  MNEMO_TRY(auto writer,
            BlockDirectoryWriter::create(folder, downsampled_meta(source.meta, ulid, resolution),
                                         options.output));
  auto index = source.place("index");
  MNEMO_RETURN_IF_ERROR(writer.add_symbols(source.index.symbols()).with_context(index));
  MNEMO_TRY(auto all, source.index.postings({}, {}).with_context(index));
  SeriesDownsampler downsampler(source, resolution, writer);
  for (size_t i = 0; i < all.size(); ++i) {
    MNEMO_RETURN_IF_ERROR(downsampler.add(all[i]));
    if (options.progress) options.progress(i + 1, all.size());
  }
  return writer.finish();
}

}  // namespace mnemo::downsample
