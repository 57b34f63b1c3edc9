// SPDX-License-Identifier: Apache-2.0
#include "base/output_files.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace mnemo {
namespace {

constexpr size_t kBufferSize = 1 << 20;
/// The kernel is asked to begin writing each time so many bytes have come together, so that little
/// is left to wait for at the end.
constexpr uint64_t kWritebackSize = 1 << 20;

class DiskFile final : public OutputFile {
 public:
  DiskFile(FileDescriptor file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Status append(std::string_view data) override {
    MNEMO_RETURN_IF_ERROR(file_.write_all(data, path_));
    size_ += data.size();
    if (size_ - begun_ >= kWritebackSize) begin_writeback();
    return {};
  }

  Status overwrite(uint64_t offset, std::string_view data) override {
    while (!data.empty()) {
      ssize_t written = ::pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(offset));
      if (written < 0) {
        if (errno == EINTR) continue;
        return errno_status(errno, "write", path_);
      }
      data.remove_prefix(static_cast<size_t>(written));
      offset += static_cast<uint64_t>(written);
    }
    return {};
  }

  Status sync() override {
    return ::fsync(file_.get()) == 0 ? Status() : errno_status(errno, "fsync", path_);
  }

 private:
  /// A hint: what fails here fails again in `sync`.
  void begin_writeback() {
    (void)::sync_file_range(file_.get(), static_cast<off_t>(begun_),
                            static_cast<off_t>(size_ - begun_), SYNC_FILE_RANGE_WRITE);
    begun_ = size_;
  }

  FileDescriptor file_;
  std::filesystem::path path_;
  uint64_t size_ = 0;
  uint64_t begun_ = 0;
};

class DiskFiles final : public OutputFiles {
 public:
  Status create_folder(const std::filesystem::path& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    return error ? errno_status(error.value(), "create", path) : Status();
  }

  Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& path) override {
    MNEMO_TRY(auto file, FileDescriptor::open(path, O_WRONLY | O_CREAT | O_TRUNC));
    return std::unique_ptr<OutputFile>(std::make_unique<DiskFile>(std::move(file), path));
  }

  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? Status() : errno_status(errno, "rename", to);
  }

  Status sync_folder(const std::filesystem::path& path) override { return sync_path(path); }

  Status remove_all(const std::filesystem::path& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return error ? errno_status(error.value(), "remove", path) : Status();
  }
};

}  // namespace

std::shared_ptr<OutputFiles> disk_files() { return std::make_shared<DiskFiles>(); }

Result<BufferedOutput> BufferedOutput::create(OutputFiles& files,
                                              const std::filesystem::path& path) {
  BufferedOutput output;
  output.path_ = path;
  MNEMO_TRY(output.file_, files.create(path));
  output.buffer_.reserve(kBufferSize);
  return output;
}

Status BufferedOutput::append(std::string_view data) {
  if (buffer_.size() + data.size() > kBufferSize) MNEMO_RETURN_IF_ERROR(flush());
  if (data.size() < kBufferSize) {
    buffer_ += data;
    return {};
  }
  flushed_ += data.size();
  return file_->append(data);
}

Status BufferedOutput::append_zeros(size_t count) {
  if (buffer_.size() + count > kBufferSize) MNEMO_RETURN_IF_ERROR(flush());
  buffer_.append(count, '\0');
  return {};
}

Status BufferedOutput::overwrite(uint64_t offset, std::string_view data) {
  MNEMO_RETURN_IF_ERROR(flush());
  return file_->overwrite(offset, data);
}

Status BufferedOutput::flush() {
  if (buffer_.empty()) return {};
  MNEMO_RETURN_IF_ERROR(file_->append(buffer_));
  flushed_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status BufferedOutput::finish() {
  MNEMO_RETURN_IF_ERROR(flush());
  MNEMO_RETURN_IF_ERROR(file_->sync());
  file_.reset();
  buffer_ = {};
  return {};
}

}  // namespace mnemo
