// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/block_files.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr uint64_t kMaxMetaSize = 64 << 20;

}  // namespace

Result<BlockMeta> read_meta(const std::filesystem::path& directory) {
  auto path = directory / "meta.json";
  MNEMO_TRY(auto text, read_file(path, kMaxMetaSize));
  return BlockMeta::parse(text).with_context(path.string());
}

Result<BlockFiles> BlockFiles::open(const std::filesystem::path& directory) {
  BlockFiles files;
  files.directory = directory;
  MNEMO_TRY(files.meta, read_meta(directory));
  auto index = files.place("index");
  MNEMO_TRY(auto index_bytes, map_file(directory / "index").with_context(index));
  MNEMO_TRY(files.index, IndexReader::open(std::move(index_bytes)).with_context(index));
  MNEMO_TRY(files.chunks,
            ChunkSegments::open(directory / "chunks").with_context(files.place("chunks")));
  auto tombstones = map_file(directory / "tombstones");
  if (!tombstones.ok() && tombstones.status().code() == Code::kNotFound) return files;
  if (!tombstones.ok()) {
    return std::move(tombstones).status().with_context(files.place("tombstones"));
  }
  MNEMO_TRY(files.tombstones,
            Tombstones::parse(*tombstones).with_context(files.place("tombstones")));
  return files;
}

std::string BlockFiles::place(std::string_view file) const {
  return fmt::format("block {}: {}", meta.ulid.to_string(), file);
}

Result<Chunk> BlockFiles::read_chunk(const ChunkMeta& meta_of_chunk) const {
  auto record = chunks.read(meta_of_chunk.ref);
  if (!record.ok()) {
    return std::move(record).status().with_context("block " + meta.ulid.to_string());
  }
  return Chunk{meta_of_chunk.min_time, meta_of_chunk.max_time, record->encoding,
               std::move(record->data)};
}

Result<StoredChunk> BlockFiles::view_chunk(const ChunkMeta& meta_of_chunk) const {
  auto view = chunks.view(meta_of_chunk.ref);
  if (!view.ok()) return std::move(view).status().with_context("block " + meta.ulid.to_string());
  return StoredChunk{meta_of_chunk.min_time, meta_of_chunk.max_time, *view};
}

}  // namespace mnemo::tsdb
