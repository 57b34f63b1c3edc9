// SPDX-License-Identifier: Apache-2.0
#include "objstore/filesystem_tree.hpp"

#include "base/utf8.hpp"
#include "objstore/object_name.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace mnemo {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/// Takes the part before the first '/' off `rest`.
std::string take_part(std::string_view& rest) {
  auto slash = rest.find('/');
  std::string part(rest.substr(0, slash));
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return part;
}

Result<FileDescriptor> duplicate(int descriptor) {
  int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return errno_status(errno, "dup", "folder");
  return FileDescriptor(copy);
}

/// A folder that is a link gives ENOTDIR or ELOOP.
Status folder_status(int error, std::string_view folder) {
  if (error == ELOOP) error = ENOTDIR;
  return errno_status(error, "open", std::filesystem::path(folder));
}

/// Makes the folder `part` in `parent` unless it exists.
Status make_part(int parent, const std::string& part, std::string_view folder) {
  if (::mkdirat(parent, part.c_str(), 0777) == 0) {
    if (::fsync(parent) != 0) return errno_status(errno, "fsync", std::filesystem::path(folder));
    return {};
  }
  if (errno == EEXIST) return {};
  return errno_status(errno, "mkdir", std::filesystem::path(folder));
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_dot(std::string_view name) { return name == "." || name == ".."; }

/// DT_DIR, DT_REG or another kind, by a further look where the file system doesn't tell.
unsigned char entry_kind(int folder, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type;
  struct stat info;
  if (::fstatat(folder, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
  if (S_ISDIR(info.st_mode)) return DT_DIR;
  return S_ISREG(info.st_mode) ? DT_REG : DT_UNKNOWN;
}

}  // namespace

Result<FileDescriptor> open_tree_root(const std::filesystem::path& root) {
  auto opened = FileDescriptor::open(root, O_RDONLY | O_DIRECTORY);
  if (!opened.ok()) return Status::unavailable(opened.status().message());
  return opened;
}

Result<FileDescriptor> open_tree_folder(int root, std::string_view folder) {
  MNEMO_TRY(auto at, duplicate(root));
  for (auto rest = folder; !rest.empty();) {
    auto part = take_part(rest);
    FileDescriptor next(::openat(at.get(), part.c_str(), kFolderFlags));
    if (!next.is_open()) return folder_status(errno, folder);
    at = std::move(next);
  }
  return at;
}

Result<FileDescriptor> make_tree_folder(int root, std::string_view folder) {
  MNEMO_TRY(auto at, duplicate(root));
  for (auto rest = folder; !rest.empty();) {
    auto part = take_part(rest);
    FileDescriptor next(::openat(at.get(), part.c_str(), kFolderFlags));
    if (!next.is_open() && errno == ENOENT) {
      MNEMO_RETURN_IF_ERROR(make_part(at.get(), part, folder));
      next = FileDescriptor(::openat(at.get(), part.c_str(), kFolderFlags));
    }
    if (!next.is_open()) {
      bool is_no_folder = errno == ENOTDIR || errno == ELOOP;
      auto status = folder_status(errno, folder);
      return is_no_folder ? Status::failed_precondition(status.message()) : status;
    }
    at = std::move(next);
  }
  return at;
}

Result<std::vector<TreeEntry>> read_tree_folder(int folder) {
  // A descriptor of its own: the position in a folder is shared by duplicates.
  int own = ::openat(folder, ".", kFolderFlags);
  if (own < 0) return errno_status(errno, "open", "folder");
  std::unique_ptr<DIR, CloseFolder> stream(::fdopendir(own));
  if (!stream) {
    auto status = errno_status(errno, "read", "folder");
    ::close(own);
    return status;
  }
  std::vector<TreeEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    std::string name = entry->d_name;
    if (is_dot(name) || !is_valid_utf8(name)) continue;
    auto kind = entry_kind(folder, *entry);
    if (kind == DT_DIR) entries.push_back({name + "/", true});
    if (kind == DT_REG) entries.push_back({std::move(name), false});
    errno = 0;
  }
  if (errno != 0) return errno_status(errno, "read", "folder");
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
  return entries;
}

std::string_view folder_name(const TreeEntry& entry) {
  return std::string_view(entry.name).substr(0, entry.name.size() - 1);
}

Result<bool> holds_any_file(int folder) {
  MNEMO_TRY(auto entries, read_tree_folder(folder));
  for (const auto& entry : entries) {
    if (!entry.is_folder) return true;
    auto below = open_tree_folder(folder, folder_name(entry));
    if (!below.ok()) continue;  // removed meanwhile
    MNEMO_TRY(bool holds, holds_any_file(below->get()));
    if (holds) return true;
  }
  return false;
}

void prune_empty_folders(int root, std::string_view folder) {
  while (!folder.empty()) {
    auto path = split_object_name(folder);
    auto parent = open_tree_folder(root, path.folder);
    if (!parent.ok()) return;
    if (::unlinkat(parent->get(), std::string(path.base).c_str(), AT_REMOVEDIR) != 0) return;
    folder = path.folder;
  }
}

}  // namespace mnemo
