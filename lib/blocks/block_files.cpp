// SPDX-License-Identifier: Apache-2.0
#include "blocks/block_files.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "blocks/layout.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace mnemo {
namespace {

namespace fs = std::filesystem;

constexpr size_t kReadBytes = 256 << 10;

Result<BlockFile> describe_file(const fs::path& dir, const std::string& rel_path, FileHash hash) {
  std::error_code error;
  auto size = fs::file_size(dir / rel_path, error);
  if (error) return errno_status(error.value(), "stat", dir / rel_path);
  BlockFile file;
  file.rel_path = rel_path;
  file.size_bytes = static_cast<int64_t>(size);
  if (hash == FileHash::kSha256) {
    file.hash_func = "SHA256";
    MNEMO_TRY(file.hash, sha256_of_file(dir / rel_path));
  }
  return file;
}

std::string segment_path(const std::string& segment) {
  return std::string(kChunksFolder) + "/" + segment;
}

bool cannot_link(int error) {
  return error == EXDEV || error == EPERM || error == EOPNOTSUPP || error == EMLINK;
}

Status link_or_copy(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return {};
  if (!cannot_link(errno)) return errno_status(errno, "link", from);
  std::error_code error;
  fs::copy_file(from, to, error);
  return error ? errno_status(error.value(), "copy", from) : Status();
}

}  // namespace

Result<BlockMeta> read_block_meta(const fs::path& dir) {
  MNEMO_TRY(auto json, read_file(dir / kMetaFile, kMaxMetaBytes));
  return BlockMeta::parse(json).with_context((dir / kMetaFile).string());
}

Result<std::vector<std::string>> segment_files(const fs::path& dir) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(dir / kChunksFolder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) names.push_back(entry->path().filename().string());
  }
  if (error) return errno_status(error.value(), "read folder", dir / kChunksFolder);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<BlockFile>> describe_block_files(const fs::path& dir, FileHash hash) {
  MNEMO_TRY(auto segments, segment_files(dir));
  std::vector<BlockFile> files;
  for (const auto& segment : segments) {
    MNEMO_TRY(auto file, describe_file(dir, segment_path(segment), hash));
    files.push_back(std::move(file));
  }
  MNEMO_TRY(auto index, describe_file(dir, std::string(kIndexFile), hash));
  files.push_back(std::move(index));
  BlockFile meta;
  meta.rel_path = kMetaFile;
  files.push_back(std::move(meta));
  return files;
}

Result<std::string> sha256_of_file(const fs::path& path) {
  MNEMO_TRY(auto file, FileDescriptor::open(path, O_RDONLY));
  Digest digest(DigestKind::kSha256);
  std::vector<char> buffer(kReadBytes);
  for (;;) {
    auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_status(errno, "read", path);
    if (count == 0) break;
    digest.add({buffer.data(), static_cast<size_t>(count)});
  }
  auto value = digest.finish();
  if (value.empty()) return Status::internal("hash " + path.string() + ": no SHA-256");
  return hex_text(value);
}

Status snapshot_block(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to / kChunksFolder, error);
  if (error) return errno_status(error.value(), "create folder", to / kChunksFolder);
  MNEMO_TRY(auto segments, segment_files(from));
  for (const auto& segment : segments) {
    auto path = segment_path(segment);
    MNEMO_RETURN_IF_ERROR(link_or_copy(from / path, to / path));
  }
  return link_or_copy(from / kIndexFile, to / kIndexFile);
}

}  // namespace mnemo
