// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace mnemo {
namespace {

/// Others hold a file that isn't theirs only while they find out whether it was left.
constexpr int kMaxAttempts = 50;
constexpr std::chrono::milliseconds kPause{2};

bool has_name(const FileDescriptor& file) {
  struct stat info;
  return ::fstat(file.get(), &info) == 0 && info.st_nlink > 0;
}

}  // namespace

Result<FileLock> FileLock::create(const std::filesystem::path& path) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    MNEMO_TRY(auto file, FileDescriptor::open(path, O_WRONLY | O_CREAT | O_NOFOLLOW));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
      // Between creation and lock, another may have taken it for left and removed it.
      if (has_name(file)) return FileLock(std::move(file), path);
    } else {
      std::this_thread::sleep_for(kPause);
    }
  }
  return Status::aborted("lock " + path.string() + ": another process is at work");
}

std::optional<FileLock> FileLock::take_over(const std::filesystem::path& path) {
  auto file = FileDescriptor::open(path, O_WRONLY | O_NOFOLLOW);
  if (!file.ok() || ::flock(file->get(), LOCK_EX | LOCK_NB) != 0 || !has_name(*file)) {
    return std::nullopt;
  }
  return FileLock(*std::move(file), path);
}

FileLock::~FileLock() {
  if (file_.is_open()) ::unlink(path_.c_str());
}

}  // namespace mnemo
