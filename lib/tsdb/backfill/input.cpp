// SPDX-License-Identifier: Apache-2.0
#include "tsdb/backfill/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace mnemo::tsdb {
namespace {

/// Gone with its descriptor, whatever ends the process.
Result<FileDescriptor> file_without_name(const std::filesystem::path& folder) {
  auto file = FileDescriptor::open(folder, O_TMPFILE | O_RDWR, 0600);
  if (file.ok()) return file;
  auto pattern = (std::filesystem::temp_directory_path() / "mnemo-XXXXXX").string();
  int descriptor = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (descriptor < 0) return errno_status(errno, "create", pattern);
  ::unlink(pattern.c_str());
  return FileDescriptor(descriptor);
}

Status refuse_compressed(std::string_view text) {
  if (!text.starts_with("\x1f\x8b") && !text.starts_with("\x28\xb5\x2f\xfd")) return {};
  return Status::invalid_argument("is compressed; unpack it first (`zcat FILE | ... -`)");
}

}  // namespace

Result<Input> Input::open(const std::filesystem::path& path, const std::filesystem::path& folder,
                          Progress progress) {
  Input input;
  input.progress_ = std::move(progress);
  input.folder_ = folder;
  bool is_standard = path == "-";
  input.name_ = is_standard ? "standard input" : path.string();
  if (is_standard) {
    int copy = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return errno_status(errno, "open", input.name_);
    input.file_ = FileDescriptor(copy);
  } else {
    MNEMO_TRY(input.file_, FileDescriptor::open(path, O_RDONLY));
  }
  struct stat info;
  if (::fstat(input.file_.get(), &info) != 0) return errno_status(errno, "stat", input.name_);
  if (S_ISDIR(info.st_mode)) {
    return Status::invalid_argument("open " + input.name_ + ": is a directory");
  }
  if (S_ISREG(info.st_mode) && !is_standard) {
    input.size_ = static_cast<uint64_t>(info.st_size);
    return input;
  }
  input.stream_ = std::exchange(input.file_, FileDescriptor());
  return input;
}

ReadBytes Input::read_from(uint64_t offset) {
  total_ = done_ + (size_ - std::min(offset, size_));
  if (stream_.is_open()) {
    return [this](std::span<char> buffer) { return read_stream(buffer); };
  }
  return [this, offset](std::span<char> buffer) mutable -> Result<size_t> {
    MNEMO_TRY(size_t count, read_file(buffer, offset));
    offset += count;
    report(count);
    return count;
  };
}

void Input::report(size_t count) {
  done_ += count;
  if (progress_ && size_ > 0) progress_(done_, total_);
}

Result<size_t> Input::read_file(std::span<char> buffer, uint64_t offset) const {
  for (;;) {
    auto count = ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_status(errno, "read", name_);
    std::string_view text(buffer.data(), static_cast<size_t>(count));
    if (offset == 0) MNEMO_RETURN_IF_ERROR(refuse_compressed(text));
    return text.size();
  }
}

Result<size_t> Input::read_stream(std::span<char> buffer) {
  bool is_start = !file_.is_open();
  if (is_start) {
    MNEMO_TRY(file_, file_without_name(folder_));
  }
  for (;;) {
    auto count = ::read(stream_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_status(errno, "read", name_);
    std::string_view text(buffer.data(), static_cast<size_t>(count));
    if (is_start) MNEMO_RETURN_IF_ERROR(refuse_compressed(text));
    MNEMO_RETURN_IF_ERROR(file_.write_all(text, folder_ / "(copy of the input)"));
    if (count == 0) stream_ = {};
    return text.size();
  }
}

}  // namespace mnemo::tsdb
