// SPDX-License-Identifier: Apache-2.0
#include <mnemo/bucket.hpp>

#include "base/file.hpp"
#include "objstore/filesystem_put.hpp"
#include "objstore/filesystem_tree.hpp"
#include "objstore/object_name.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

namespace mnemo {
namespace {

constexpr size_t kCopyBytes = 256 << 10;

/// Names that would be taken for objects but hold staged files.
bool is_reserved(std::string_view name) {
  return name == kStagingFolder ||
         (name.starts_with(kStagingFolder) && name[kStagingFolder.size()] == '/');
}

ObjectAttributes attributes_of(const struct stat& info) {
  return {static_cast<uint64_t>(info.st_size),
          int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1000000};
}

Status no_object(std::string_view operation, std::string_view name) {
  return Status::not_found(std::string(operation) + " " + std::string(name) + ": no such object");
}

/// An open object and what is known of it.
struct OpenObject {
  FileDescriptor file;
  ObjectAttributes attributes;
};

/// Up to `length` bytes from `offset`; fewer only at the end of the file.
Result<Bytes> read_at(const Context& context, const FileDescriptor& file, std::string_view name,
                      uint64_t offset, uint64_t length) {
  auto content = std::make_shared_for_overwrite<uint8_t[]>(length);
  size_t filled = 0;
  while (filled < length) {
    MNEMO_RETURN_IF_ERROR(context.check());
    auto count = ::pread(file.get(), content.get() + filled, length - filled,
                         static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_status(errno, "read", std::filesystem::path(name));
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  return Bytes({content.get(), filled}, content);
}

Status copy_all(const Context& context, const FileDescriptor& from,
                const std::filesystem::path& path, const FileDescriptor& to,
                std::string_view name) {
  std::vector<char> buffer(kCopyBytes);
  for (;;) {
    MNEMO_RETURN_IF_ERROR(context.check());
    auto count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_status(errno, "read", path);
    if (count == 0) return {};
    MNEMO_RETURN_IF_ERROR(
        to.write_all({buffer.data(), static_cast<size_t>(count)}, std::filesystem::path(name)));
  }
}

class FilesystemBucket final : public Bucket {
 public:
  explicit FilesystemBucket(std::filesystem::path root) : root_(std::move(root)) {}

  std::string name() const override { return "filesystem:" + root_.string(); }
  bool is_local() const override { return true; }

  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override {
    MNEMO_TRY(auto folder, listing_folder(prefix));
    MNEMO_TRY(auto root, open_tree_root(root_));
    if (is_reserved(folder)) return context.check();
    auto opened = open_tree_folder(
        root.get(), std::string_view(folder).substr(0, folder.empty() ? 0 : folder.size() - 1));
    if (!opened.ok()) {
      return opened.status().code() == Code::kNotFound ? context.check() : opened.status();
    }
    return list_folder(context, *opened, folder, recursive, visit);
  }

  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) override {
    MNEMO_TRY(auto object, open_object(context, "get", name));
    if (object.attributes.size > max_bytes) {
      return Status::resource_exhausted("get " + std::string(name) + ": larger than " +
                                        std::to_string(max_bytes) + " bytes");
    }
    return read_at(context, object.file, name, 0, object.attributes.size);
  }

  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    MNEMO_TRY(auto object, open_object(context, "get", name));
    auto size = object.attributes.size;
    if (offset > size) {
      return Status::out_of_range("get " + std::string(name) + ": offset " +
                                  std::to_string(offset) + " is past the end at " +
                                  std::to_string(size));
    }
    return read_at(context, object.file, name, offset, std::min(length, size - offset));
  }

  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    MNEMO_RETURN_IF_ERROR(check(context, name));
    MNEMO_TRY(auto root, open_tree_root(root_));
    auto path = split_object_name(name);
    auto folder = open_tree_folder(root.get(), path.folder);
    if (!folder.ok() && folder.status().code() != Code::kNotFound) return folder.status();
    struct stat info;
    if (!folder.ok() || !stat_object(*folder, std::string(path.base), info)) {
      return no_object("stat", name);
    }
    return attributes_of(info);
  }

  Status put(const Context& context, std::string_view name, Bytes data) override {
    MNEMO_RETURN_IF_ERROR(check(context, name));
    MNEMO_TRY(auto root, open_tree_root(root_));
    MNEMO_TRY(auto staged, StagedFile::create(root.get()));
    MNEMO_RETURN_IF_ERROR(staged.file().write_all(data.as_string(), std::filesystem::path(name)));
    MNEMO_RETURN_IF_ERROR(context.check());
    return staged.publish(root.get(), name);
  }

  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) override {
    MNEMO_RETURN_IF_ERROR(check(context, name));
    MNEMO_TRY(auto root, open_tree_root(root_));
    MNEMO_TRY(auto source, FileDescriptor::open(file, O_RDONLY));
    MNEMO_TRY(auto staged, StagedFile::create(root.get()));
    MNEMO_RETURN_IF_ERROR(copy_all(context, source, file, staged.file(), name));
    return staged.publish(root.get(), name);
  }

  Status remove(const Context& context, std::string_view name) override {
    MNEMO_RETURN_IF_ERROR(check(context, name));
    MNEMO_TRY(auto root, open_tree_root(root_));
    auto path = split_object_name(name);
    auto folder = open_tree_folder(root.get(), path.folder);
    if (!folder.ok() && folder.status().code() != Code::kNotFound) return folder.status();
    std::string base(path.base);
    struct stat info;
    if (!folder.ok() || !stat_object(*folder, base, info)) return no_object("remove", name);
    if (::unlinkat(folder->get(), base.c_str(), 0) != 0) {
      return errno_status(errno, "remove", std::filesystem::path(name));
    }
    if (::fsync(folder->get()) != 0) {
      return errno_status(errno, "fsync", std::filesystem::path(path.folder));
    }
    prune_empty_folders(root.get(), path.folder);
    return {};
  }

 private:
  static Status check(const Context& context, std::string_view name) {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    if (is_reserved(name)) {
      return Status::invalid_argument("not an object name: " + std::string(kStagingFolder) +
                                      " is reserved");
    }
    return context.check();
  }

  static bool stat_object(const FileDescriptor& folder, const std::string& base,
                          struct stat& info) {
    return ::fstatat(folder.get(), base.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode);
  }

  Result<OpenObject> open_object(const Context& context, std::string_view operation,
                                 std::string_view name) const {
    MNEMO_RETURN_IF_ERROR(check(context, name));
    MNEMO_TRY(auto root, open_tree_root(root_));
    auto path = split_object_name(name);
    auto folder = open_tree_folder(root.get(), path.folder);
    if (!folder.ok()) {
      return folder.status().code() == Code::kNotFound ? no_object(operation, name)
                                                       : folder.status();
    }
    // Not blocking: a pipe of that name must not hang us before we see that it is no object.
    FileDescriptor file(::openat(folder->get(), std::string(path.base).c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.is_open()) {
      if (errno == ENOENT || errno == ELOOP) return no_object(operation, name);
      return errno_status(errno, operation, std::filesystem::path(name));
    }
    struct stat info;
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
      return no_object(operation, name);
    }
    return OpenObject{std::move(file), attributes_of(info)};
  }

  /// `name` is that of the folder with its final '/', or "".
  static Status list_folder(const Context& context, const FileDescriptor& folder,
                            const std::string& name, bool recursive,
                            const std::function<Status(const BucketEntry&)>& visit) {
    MNEMO_TRY(auto entries, read_tree_folder(folder.get()));
    for (const auto& entry : entries) {
      MNEMO_RETURN_IF_ERROR(context.check());
      auto full_name = name + entry.name;
      if (is_reserved(full_name)) continue;
      MNEMO_RETURN_IF_ERROR(
          entry.is_folder ? list_subfolder(context, folder, entry, full_name, recursive, visit)
                          : list_object(folder, entry, full_name, visit));
    }
    return {};
  }

  static Status list_object(const FileDescriptor& folder, const TreeEntry& entry,
                            const std::string& full_name,
                            const std::function<Status(const BucketEntry&)>& visit) {
    struct stat info;
    if (!stat_object(folder, entry.name, info)) return {};  // removed meanwhile
    return visit({full_name, false, attributes_of(info)});
  }

  static Status list_subfolder(const Context& context, const FileDescriptor& folder,
                               const TreeEntry& entry, const std::string& full_name, bool recursive,
                               const std::function<Status(const BucketEntry&)>& visit) {
    auto below = open_tree_folder(folder.get(), folder_name(entry));
    if (!below.ok()) {
      return below.status().code() == Code::kNotFound ? Status() : below.status();
    }
    if (recursive) return list_folder(context, *below, full_name, true, visit);
    MNEMO_TRY(bool holds, holds_any_file(below->get()));
    return holds ? visit({full_name, true, {}}) : Status();
  }

  std::filesystem::path root_;
};

}  // namespace

Result<std::unique_ptr<Bucket>> open_filesystem_bucket(const FilesystemBucketOptions& options) {
  if (options.directory.empty()) {
    return Status::invalid_argument("missing directory for filesystem bucket");
  }
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  auto root =
      error ? std::filesystem::path() : std::filesystem::canonical(options.directory, error);
  if (error) return errno_status(error.value(), "open bucket", options.directory);
  MNEMO_TRY(auto opened, open_tree_root(root));
  remove_stale_staged_files(opened.get());
  return std::unique_ptr<Bucket>(std::make_unique<FilesystemBucket>(std::move(root)));
}

}  // namespace mnemo
