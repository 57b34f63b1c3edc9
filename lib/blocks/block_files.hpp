// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/status.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace mnemo {

/// Whether a block's meta.json lists hashes of its files; as Thanos' flag --hash-func.
enum class FileHash { kNone, kSha256 };

/// Reads `dir`/meta.json. Errors: NotFound, those of `BlockMeta::parse`.
Result<BlockMeta> read_block_meta(const std::filesystem::path& dir);

/// The names of the files in `dir`/chunks, sorted.
Result<std::vector<std::string>> segment_files(const std::filesystem::path& dir);

/// The chunk segments, the index and meta.json (without a size) of the block in `dir`, sorted by
/// path. Errors: NotFound (a file or folder is absent).
Result<std::vector<BlockFile>> describe_block_files(const std::filesystem::path& dir,
                                                    FileHash hash);

/// In lower-case hexadecimal digits.
Result<std::string> sha256_of_file(const std::filesystem::path& path);

/// Makes the folder `to` with the chunk segments and the index of the block in `from`: linked, or
/// copied where the file system can't link. What happens to `from` afterwards is harmless.
/// meta.json is left to the caller. Errors: NotFound (`from` is absent or vanishes).
Status snapshot_block(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace mnemo
