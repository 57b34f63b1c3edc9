// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/rewrite.hpp"

#include "tsdb/block/block_files.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace mnemo::tsdb {
namespace {

BlockMeta rewritten_meta(const BlockMeta& source, const Ulid& ulid) {
  BlockMeta meta = source;
  meta.ulid = ulid;
  meta.compaction.parents = {{source.ulid, source.min_time, source.max_time}};
  return meta;
}

Status copy_series(const BlockFiles& source, SeriesRef ref, BlockDirectoryWriter& writer) {
  std::vector<SymbolPair> labels;
  std::vector<ChunkMeta> metas;
  MNEMO_RETURN_IF_ERROR(
      source.index.series_symbols(ref, labels, &metas).with_context(source.place("index")));
  std::vector<StoredChunk> chunks;
  chunks.reserve(metas.size());
  for (const auto& meta : metas) {
    MNEMO_TRY(auto chunk, source.view_chunk(meta));
    chunks.push_back(chunk);
  }
  MNEMO_RETURN_IF_ERROR(writer.copy_series(labels, chunks));
  writer.add_tombstones(source.tombstones.of(ref));
  return {};
}

}  // namespace

Result<BlockMeta> rewrite_block(const std::filesystem::path& source_folder, const Ulid& ulid,
                                const std::filesystem::path& folder,
                                const RewriteOptions& options) {
  MNEMO_TRY(auto source, BlockFiles::open(source_folder));
  MNEMO_TRY(auto writer, BlockDirectoryWriter::create(folder, rewritten_meta(source.meta, ulid),
                                                      options.output));
  MNEMO_RETURN_IF_ERROR(
      writer.add_symbols(source.index.symbols()).with_context(source.place("index")));
  MNEMO_TRY(auto all, source.index.postings({}, {}).with_context(source.place("index")));
  for (size_t i = 0; i < all.size(); ++i) {
    MNEMO_RETURN_IF_ERROR(copy_series(source, all[i], writer));
    if (options.progress) options.progress(i + 1, all.size());
  }
  return writer.finish();
}

}  // namespace mnemo::tsdb
