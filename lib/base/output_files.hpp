// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace mnemo {

/// One file that is being written. Closed by its destructor, which doesn't flush it to the disk.
///
/// Not thread-safe. Errors name the file.
class OutputFile {
 public:
  virtual ~OutputFile() = default;

  virtual Status append(std::string_view data) = 0;
  /// Writes over bytes that were appended before.
  virtual Status overwrite(uint64_t offset, std::string_view data) = 0;
  /// Flushes the file to the disk.
  virtual Status sync() = 0;
};

/// Whatever changes files and folders, behind one seam, so that tests can let any step fail.
///
/// Thread-safe.
class OutputFiles {
 public:
  virtual ~OutputFiles() = default;

  /// Creates a folder and those above it; fine where it exists.
  virtual Status create_folder(const std::filesystem::path& path) = 0;
  /// Creates an empty file, or empties the one that is there.
  virtual Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& path) = 0;
  virtual Status rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  /// Flushes a folder's entries to the disk.
  virtual Status sync_folder(const std::filesystem::path& path) = 0;
  /// Removes a file or a folder with all that is in it; fine where there is none.
  virtual Status remove_all(const std::filesystem::path& path) = 0;
};

/// The file system itself.
std::shared_ptr<OutputFiles> disk_files();

/// Collects small writes to one file into large ones.
///
/// Not thread-safe. What wasn't flushed when it is destroyed is lost.
class BufferedOutput {
 public:
  static Result<BufferedOutput> create(OutputFiles& files, const std::filesystem::path& path);

  /// Where the next byte goes.
  uint64_t position() const { return flushed_ + buffer_.size(); }
  Status append(std::string_view data);
  Status append_zeros(size_t count);
  Status overwrite(uint64_t offset, std::string_view data);
  Status flush();
  /// Flushes everything to the disk and closes the file; nothing may be written after it.
  Status finish();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::unique_ptr<OutputFile> file_;
  std::string buffer_;
  uint64_t flushed_ = 0;
};

}  // namespace mnemo
