// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"

#include <mnemo/status.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// Folders and files below a root folder, reached part by part without ever following a symbolic
/// link, so that no name leads out of the root. Folders are named relative to the root, without a
/// '/' at either end; "" is the root itself.

/// The root's own path may go through links. Errors: Unavailable (it is gone or unreadable), never
/// NotFound: that would look like an empty bucket.
Result<FileDescriptor> open_tree_root(const std::filesystem::path& root);

/// Errors: NotFound (absent, a file, a link).
Result<FileDescriptor> open_tree_folder(int root, std::string_view folder);

/// Opens the folder and makes what is missing of it, durably. Errors: FailedPrecondition (a part is
/// a file or a link).
Result<FileDescriptor> make_tree_folder(int root, std::string_view folder);

struct TreeEntry {
  std::string name;  // the last part; folders end with '/'
  bool is_folder = false;
};

/// The files and folders directly in an open folder, in order of their names (with the '/' of
/// folders). Links, devices and names that aren't UTF-8 are left out.
Result<std::vector<TreeEntry>> read_tree_folder(int folder);

/// The name of a folder's entry without its '/'. REQUIRES: entry.is_folder.
std::string_view folder_name(const TreeEntry& entry);

/// Whether there is any file below an open folder.
Result<bool> holds_any_file(int folder);

/// Removes `folder` and the folders above it as long as they are empty; never the root.
void prune_empty_folders(int root, std::string_view folder);

}  // namespace mnemo
