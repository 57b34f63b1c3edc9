// SPDX-License-Identifier: Apache-2.0
#include "objstore/object_name.hpp"

#include "base/quote.hpp"
#include "base/utf8.hpp"

namespace mnemo {
namespace {

bool is_good_part(std::string_view part) { return !part.empty() && part != "." && part != ".."; }

bool has_only_good_parts(std::string_view name) {
  for (;;) {
    auto slash = name.find('/');
    if (!is_good_part(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

Status check_object_name(std::string_view name) {
  if (name.find('\0') == std::string_view::npos && is_valid_utf8(name) &&
      has_only_good_parts(name)) {
    return {};
  }
  return Status::invalid_argument("not an object name: " + go_quoted(name.substr(0, 256)));
}

Result<std::string> listing_folder(std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty()) return std::string();
  MNEMO_RETURN_IF_ERROR(check_object_name(prefix));
  return std::string(prefix) + "/";
}

ObjectPath split_object_name(std::string_view name) {
  auto slash = name.rfind('/');
  if (slash == std::string_view::npos) return {{}, name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace mnemo
