// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace mnemo {

/// A failure of a system call as a status: NotFound for ENOENT, PermissionDenied, ResourceExhausted
/// (disk or descriptors), else Internal; "operation path: reason".
Status errno_status(int error, std::string_view operation, const std::filesystem::path& path);

/// The whole file mapped read-only (empty for an empty file). The mapping lives as long as the last
/// `Bytes` taken from it. Errors: NotFound and the like; InvalidArgument when it is no regular
/// file.
Result<Bytes> map_file(const std::filesystem::path& path);

/// The whole file read into memory. Errors: as above, ResourceExhausted above `max_bytes`.
Result<std::string> read_file(const std::filesystem::path& path, uint64_t max_bytes);

/// Replaces `path` atomically and durably: temporary file beside it, fsync, rename, fsync of the
/// folder.
Status write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Flushes a file or folder to the disk.
Status sync_path(const std::filesystem::path& path);

/// An open file descriptor, closed by its destructor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  static Result<FileDescriptor> open(const std::filesystem::path& path, int flags, int mode = 0644);

  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  /// Writes all of `data`; `path` is for the error.
  Status write_all(std::string_view data, const std::filesystem::path& path) const;

 private:
  int descriptor_ = -1;
};

}  // namespace mnemo
