// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace mnemo {
namespace {

/// A mapped file, unmapped with its last user.
struct Mapping {
  void* data = nullptr;
  size_t size = 0;
  Mapping(void* d, size_t s) : data(d), size(s) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(data, size); }
};

Result<uint64_t> regular_file_size(const FileDescriptor& file, const std::filesystem::path& path) {
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return errno_status(errno, "stat", path);
  if (!S_ISREG(info.st_mode)) {
    return Status::invalid_argument("open " + path.string() + ": not a regular file");
  }
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace

Status errno_status(int error, std::string_view operation, const std::filesystem::path& path) {
  std::string message =
      std::string(operation) + " " + path.string() + ": " + std::generic_category().message(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR: return Status::not_found(std::move(message));
    case EACCES:
    case EPERM:
    case EROFS: return Status::permission_denied(std::move(message));
    case EEXIST: return Status::already_exists(std::move(message));
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return Status::resource_exhausted(std::move(message));
    default: return Status::internal(std::move(message));
  }
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FileDescriptor> FileDescriptor::open(const std::filesystem::path& path, int flags,
                                            int mode) {
  int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (descriptor < 0) return errno_status(errno, "open", path);
  return FileDescriptor(descriptor);
}

Status FileDescriptor::write_all(std::string_view data, const std::filesystem::path& path) const {
  while (!data.empty()) {
    ssize_t written = ::write(descriptor_, data.data(), data.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno_status(errno, "write", path);
    }
    data.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<Bytes> map_file(const std::filesystem::path& path) {
  MNEMO_TRY(auto file, FileDescriptor::open(path, O_RDONLY));
  MNEMO_TRY(auto size, regular_file_size(file, path));
  if (size == 0) return Bytes();
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return errno_status(errno, "mmap", path);
  auto mapping = std::make_shared<const Mapping>(data, size);
  return Bytes({static_cast<const uint8_t*>(data), size}, std::move(mapping));
}

Result<std::string> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  MNEMO_TRY(auto file, FileDescriptor::open(path, O_RDONLY));
  MNEMO_TRY(auto size, regular_file_size(file, path));
  std::string content;
  content.reserve(std::min<uint64_t>(size, max_bytes));
  char buffer[1 << 14];
  for (;;) {
    ssize_t count = ::read(file.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_status(errno, "read", path);
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
    if (content.size() > max_bytes) {
      return Status::resource_exhausted("read " + path.string() + ": larger than " +
                                        std::to_string(max_bytes) + " bytes");
    }
  }
}

Status sync_path(const std::filesystem::path& path) {
  MNEMO_TRY(auto file, FileDescriptor::open(path, O_RDONLY));
  if (::fsync(file.get()) != 0) return errno_status(errno, "fsync", path);
  return {};
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  static std::atomic<uint64_t> counter{0};
  auto temporary = path;
  temporary += ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
  auto write = [&]() -> Status {
    MNEMO_TRY(auto file, FileDescriptor::open(temporary, O_WRONLY | O_CREAT | O_EXCL));
    MNEMO_RETURN_IF_ERROR(file.write_all(content, temporary));
    if (::fsync(file.get()) != 0) return errno_status(errno, "fsync", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return errno_status(errno, "rename", path);
    return {};
  };
  if (auto status = write(); !status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  auto folder = path.parent_path();
  return sync_path(folder.empty() ? "." : folder);
}

}  // namespace mnemo
