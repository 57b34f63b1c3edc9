// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"

#include <mnemo/status.hpp>

#include <string>
#include <string_view>

namespace mnemo {

/// The folder at the top of a filesystem bucket in which objects are written before they get their
/// names. It is never listed, and no object's name may begin with it.
inline constexpr std::string_view kStagingFolder = ".mnemo-tmp";

/// A file that is being written, locked as long as it is, so that others can tell it from one that
/// a killed process left behind. Removed by its destructor unless published.
///
/// Not thread-safe.
class StagedFile {
 public:
  /// A new empty file with a name of its own in the staging folder below `root`.
  static Result<StagedFile> create(int root);

  StagedFile(StagedFile&&) noexcept = default;
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();

  const FileDescriptor& file() const { return file_; }

  /// Flushes the file and gives it its name below `root`, replacing an object of that name; durable
  /// when it returns. Errors: FailedPrecondition (the name is a folder, or part of it is a file).
  Status publish(int root, std::string_view object_name);

 private:
  StagedFile(FileDescriptor staging, FileDescriptor file, std::string name)
      : staging_(std::move(staging)), file_(std::move(file)), name_(std::move(name)) {}

  FileDescriptor staging_;
  FileDescriptor file_;
  std::string name_;  // within the staging folder
};

/// Removes what killed processes left in the staging folder; files that are being written, by
/// whichever process, stay.
void remove_stale_staged_files(int root);

}  // namespace mnemo
