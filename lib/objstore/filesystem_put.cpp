// SPDX-License-Identifier: Apache-2.0
#include "objstore/filesystem_put.hpp"

#include "objstore/filesystem_tree.hpp"
#include "objstore/object_name.hpp"

#include <mnemo/ulid.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace mnemo {
namespace {

/// How often a put starts again when others remove the folders that it has just made.
constexpr int kMaxAttempts = 32;

/// Where files can't be locked, a file that nobody has written to for so long counts as left
/// behind.
constexpr std::chrono::hours kStaleAge{24};

std::filesystem::path staging_path(std::string_view name) {
  return std::filesystem::path(kStagingFolder) / name;
}

bool has_name(const FileDescriptor& file) {
  struct stat info;
  return ::fstat(file.get(), &info) == 0 && info.st_nlink > 0;
}

bool is_old(const FileDescriptor& file) {
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return false;
  auto modified = std::chrono::system_clock::from_time_t(info.st_mtim.tv_sec);
  return std::chrono::system_clock::now() - modified > kStaleAge;
}

/// Whether nobody writes to the file any more; keeps it locked while it is open.
bool is_left_behind(const FileDescriptor& file) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return true;
  return errno != EWOULDBLOCK && is_old(file);
}

Status rename_status(int error, std::string_view name) {
  auto status = errno_status(error, "rename", std::filesystem::path(name));
  bool is_folder = error == EISDIR || error == ENOTEMPTY || error == EEXIST;
  return is_folder ? Status::failed_precondition(status.message()) : status;
}

}  // namespace

Result<StagedFile> StagedFile::create(int root) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    MNEMO_TRY(auto staging, make_tree_folder(root, kStagingFolder));
    auto name = Ulid::generate().to_string();
    FileDescriptor file(::openat(staging.get(), name.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file.is_open()) {
      if (errno == ENOENT || errno == EEXIST) continue;
      return errno_status(errno, "create", staging_path(name));
    }
    // Between creation and lock, another process may have taken it for left behind.
    static_cast<void>(::flock(file.get(), LOCK_EX));
    if (has_name(file)) return StagedFile(std::move(staging), std::move(file), std::move(name));
  }
  return Status::aborted("create " + std::string(kStagingFolder) + ": removed again and again");
}

StagedFile::~StagedFile() {
  if (file_.is_open()) ::unlinkat(staging_.get(), name_.c_str(), 0);
}

Status StagedFile::publish(int root, std::string_view object_name) {
  if (::fsync(file_.get()) != 0) return errno_status(errno, "fsync", staging_path(name_));
  auto path = split_object_name(object_name);
  std::string base(path.base);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    auto folder = make_tree_folder(root, path.folder);
    if (!folder.ok() && folder.status().code() == Code::kNotFound) continue;
    if (!folder.ok()) return folder.status();
    if (::renameat(staging_.get(), name_.c_str(), folder->get(), base.c_str()) == 0) {
      file_ = FileDescriptor();
      if (::fsync(folder->get()) == 0) return {};
      return errno_status(errno, "fsync", std::filesystem::path(path.folder));
    }
    if (errno != ENOENT) return rename_status(errno, object_name);
  }
  return Status::aborted("put " + std::string(object_name) +
                         ": its folder vanishes again and again");
}

void remove_stale_staged_files(int root) {
  auto staging = open_tree_folder(root, kStagingFolder);
  if (!staging.ok()) return;
  auto entries = read_tree_folder(staging->get());
  if (!entries.ok()) return;
  for (const auto& entry : *entries) {
    if (entry.is_folder) continue;
    FileDescriptor file(
        ::openat(staging->get(), entry.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (file.is_open() && is_left_behind(file)) {
      ::unlinkat(staging->get(), entry.name.c_str(), 0);
    }
  }
}

}  // namespace mnemo
