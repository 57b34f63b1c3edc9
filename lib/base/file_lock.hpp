// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"

#include <mnemo/status.hpp>

#include <filesystem>
#include <optional>
#include <utility>

namespace mnemo {

/// An empty file that says that somebody is at work: locked as long as its owner lives, whichever
/// process that is, and removed by its destructor. One that a killed process left isn't locked.
///
/// Not thread-safe. On file systems without locks the file comes and goes, but none is ever taken
/// for left.
class FileLock {
 public:
  /// Creates `path`, or takes over the one that was left there. Errors: Aborted (another owner
  /// lives), those of files.
  static Result<FileLock> create(const std::filesystem::path& path);

  /// Takes over the file at `path` if it was left there.
  static std::optional<FileLock> take_over(const std::filesystem::path& path);

  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  /// Gives it up but leaves the file, to be taken over.
  void leave() { file_ = FileDescriptor(); }

 private:
  FileLock(FileDescriptor file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  FileDescriptor file_;
  std::filesystem::path path_;
};

}  // namespace mnemo
