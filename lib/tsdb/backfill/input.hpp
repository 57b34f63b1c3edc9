// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"
#include "base/line_reader.hpp"
#include "base/progress.hpp"

#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace mnemo::tsdb {

/// A text that is read several times. What can't be read twice, such as a pipe, goes to a file
/// without a name in `folder` while it is read first.
///
/// Not thread-safe. Errors name the file.
class Input {
 public:
  /// "-" is standard input. Errors: NotFound and the like.
  static Result<Input> open(const std::filesystem::path& path, const std::filesystem::path& folder,
                            Progress progress);

  /// Gives the text from `offset` on; 0 the first time. Borrows this object. Errors: those of
  /// reading and of the file without a name, InvalidArgument (compressed).
  ReadBytes read_from(uint64_t offset);

  const std::string& name() const { return name_; }

 private:
  Result<size_t> read_stream(std::span<char> buffer);
  Result<size_t> read_file(std::span<char> buffer, uint64_t offset) const;
  void report(size_t count);

  std::string name_;
  FileDescriptor file_;
  FileDescriptor stream_;  // open while it hasn't been read
  std::filesystem::path folder_;
  Progress progress_;
  uint64_t size_ = 0;  // 0: not known
  uint64_t done_ = 0;  // over all times
  uint64_t total_ = 0;
};

}  // namespace mnemo::tsdb
