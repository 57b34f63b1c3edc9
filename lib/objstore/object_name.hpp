// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <string>
#include <string_view>

namespace mnemo {

/// Whether `name` may name an object: UTF-8 without NUL, parts between single '/', none of them
/// empty, "." or "..". Errors: InvalidArgument, with the name.
Status check_object_name(std::string_view name);

/// The prefix of a listing as "" (all) or "folder/". Errors: InvalidArgument, as for names.
Result<std::string> listing_folder(std::string_view prefix);

/// `name` split at its last '/': the folder without that '/' (empty at the top) and the last part.
struct ObjectPath {
  std::string_view folder;
  std::string_view base;
};
ObjectPath split_object_name(std::string_view name);

}  // namespace mnemo
