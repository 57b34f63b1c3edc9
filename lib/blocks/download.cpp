// SPDX-License-Identifier: Apache-2.0
#include "blocks/download.hpp"

#include "base/file.hpp"
#include "blocks/block_files.hpp"
#include "blocks/layout.hpp"
#include "objstore/object_name.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <string>
#include <system_error>

namespace mnemo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kRangeBytes = 8 << 20;

/// A folder that is removed unless it gets its final name.
class StagedFolder {
 public:
  explicit StagedFolder(fs::path path) : path_(std::move(path)) {}
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;
  ~StagedFolder() { clear(); }

  const fs::path& path() const { return path_; }

  void clear() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

 private:
  fs::path path_;
};

Status make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? errno_status(error.value(), "create folder", path) : Status();
}

Status download_file(const Context& context, Bucket& bucket, const std::string& name, uint64_t size,
                     const fs::path& to) {
  MNEMO_RETURN_IF_ERROR(make_folders(to.parent_path()));
  MNEMO_TRY(auto file, FileDescriptor::open(to, O_WRONLY | O_CREAT | O_EXCL));
  for (uint64_t offset = 0; offset < size;) {
    MNEMO_TRY(auto bytes, bucket.get_range(context, name, offset, kRangeBytes));
    if (bytes.empty()) break;
    MNEMO_RETURN_IF_ERROR(file.write_all(bytes.as_string(), to));
    offset += bytes.size();
  }
  if (::fsync(file.get()) != 0) return errno_status(errno, "fsync", to);
  return {};
}

/// The block's objects but its marks: path within the block and size.
Result<std::map<std::string, uint64_t>> list_files(const Context& context, Bucket& bucket,
                                                   const std::string& block) {
  std::map<std::string, uint64_t> files;
  auto status = bucket.list(context, block, true, [&](const BucketEntry& entry) -> Status {
    auto path = entry.name.substr(block.size() + 1);
    MNEMO_RETURN_IF_ERROR(check_object_name(path));
    if (!path.ends_with("-mark.json")) files.emplace(std::move(path), entry.attributes.size);
    return {};
  });
  if (!status.ok()) return status;
  return files;
}

Status check_file(const fs::path& dir, const BlockFile& listed) {
  MNEMO_RETURN_IF_ERROR(check_object_name(listed.rel_path));
  auto path = dir / listed.rel_path;
  std::error_code error;
  auto size = fs::file_size(path, error);
  if (error) return Status::data_loss(listed.rel_path + ": listed in meta.json, but missing");
  bool has_size = listed.rel_path != kMetaFile;
  if (has_size && size != static_cast<uint64_t>(listed.size_bytes)) {
    return Status::data_loss(listed.rel_path + ": has " + std::to_string(size) +
                             " bytes, meta.json lists " + std::to_string(listed.size_bytes));
  }
  if (listed.hash_func != "SHA256") return {};
  MNEMO_TRY(auto hash, sha256_of_file(path));
  if (hash == listed.hash) return {};
  return Status::data_loss(listed.rel_path + ": SHA-256 differs from that in meta.json");
}

Status check_files(const fs::path& dir, const BlockMeta& meta) {
  if (!meta.thanos) return {};
  for (const auto& file : meta.thanos->files) MNEMO_RETURN_IF_ERROR(check_file(dir, file));
  return {};
}

Status publish(const fs::path& staged, const fs::path& target) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(staged, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error)) MNEMO_RETURN_IF_ERROR(sync_path(entry->path()));
  }
  if (error) return errno_status(error.value(), "read folder", staged);
  MNEMO_RETURN_IF_ERROR(sync_path(staged));
  fs::rename(staged, target, error);
  if (error) return errno_status(error.value(), "rename", target);
  return sync_path(target.parent_path());
}

}  // namespace

Status download_block(const Context& context, Bucket& bucket, const Ulid& block,
                      const fs::path& into) {
  auto name = block.to_string();
  std::error_code error;
  if (fs::exists(into / name, error)) {
    return Status::already_exists("download to " + (into / name).string() + ": it exists");
  }
  MNEMO_TRY(auto files, list_files(context, bucket, name));
  if (!files.contains(std::string(kMetaFile))) {
    return Status::not_found("download block " + name + ": no meta.json");
  }
  StagedFolder staged(into / (name + ".tmp-for-creation"));
  staged.clear();
  MNEMO_RETURN_IF_ERROR(make_folders(staged.path() / kChunksFolder));
  for (const auto& [path, size] : files) {
    MNEMO_RETURN_IF_ERROR(
        download_file(context, bucket, name + "/" + path, size, staged.path() / path));
  }
  MNEMO_TRY(auto meta, read_block_meta(staged.path()));
  MNEMO_RETURN_IF_ERROR(check_files(staged.path(), meta).with_context("download block " + name));
  return publish(staged.path(), into / name);
}

}  // namespace mnemo
