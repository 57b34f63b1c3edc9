// SPDX-License-Identifier: Apache-2.0
#include "objstore/upload_source.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mnemo {
namespace {

constexpr size_t kReadBytes = 256 << 10;

struct OpenFile {
  FileDescriptor descriptor;
  std::filesystem::path path;
};

Result<size_t> read_at(const OpenFile& file, uint64_t offset, std::span<char> out) {
  for (;;) {
    auto count = ::pread(file.descriptor.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) {
      return Status::aborted("read " + file.path.string() + ": it ends at " +
                             std::to_string(offset) + ", shorter than when it was opened");
    }
    if (errno != EINTR) return errno_status(errno, "read", file.path);
  }
}

}  // namespace

UploadSource upload_of(Bytes data) {
  auto upload = std::make_shared<HttpUpload>();
  upload->size = data.size();
  upload->read = [data = std::move(data)](uint64_t offset, std::span<char> out) -> Result<size_t> {
    auto count = std::min<size_t>(out.size(), data.size() - offset);
    std::memcpy(out.data(), data.data() + offset, count);
    return count;
  };
  return upload;
}

Result<UploadSource> upload_of_file(const std::filesystem::path& path) {
  MNEMO_TRY(auto descriptor, FileDescriptor::open(path, O_RDONLY | O_CLOEXEC));
  struct stat info = {};
  if (::fstat(descriptor.get(), &info) != 0) return errno_status(errno, "stat", path);
  if (!S_ISREG(info.st_mode)) {
    return Status::invalid_argument("read " + path.string() + ": not a regular file");
  }
  auto upload = std::make_shared<HttpUpload>();
  upload->size = static_cast<uint64_t>(info.st_size);
  auto file = std::make_shared<OpenFile>(OpenFile{std::move(descriptor), path});
  upload->read = [file](uint64_t offset, std::span<char> out) {
    return read_at(*file, offset, out);
  };
  return UploadSource(std::move(upload));
}

UploadSource upload_slice(UploadSource source, uint64_t offset, uint64_t size) {
  auto upload = std::make_shared<HttpUpload>();
  upload->size = size;
  upload->read = [source = std::move(source), offset](uint64_t at, std::span<char> out) {
    return source->read(offset + at, out);
  };
  return upload;
}

Result<UploadDigests> digests_of(const HttpUpload& source, bool with_sha256, bool with_md5) {
  Digest sha256(DigestKind::kSha256);
  Digest md5(DigestKind::kMd5);
  std::vector<char> buffer(kReadBytes);
  for (uint64_t offset = 0; offset < source.size;) {
    auto wanted = std::min<uint64_t>(buffer.size(), source.size - offset);
    MNEMO_TRY(auto got, source.read(offset, {buffer.data(), static_cast<size_t>(wanted)}));
    std::string_view piece(buffer.data(), got);
    if (with_sha256) sha256.add(piece);
    if (with_md5) md5.add(piece);
    offset += got;
  }
  return UploadDigests{with_sha256 ? sha256.finish() : "", with_md5 ? md5.finish() : ""};
}

}  // namespace mnemo
