// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <string>

namespace mnemo {

/// What tells, without reading it, whether a file has changed: when it was, which it is, its size.
/// All zero for a file that isn't there. Links are followed.
using FileStamp = std::array<int64_t, 4>;

inline FileStamp stamp_of(const std::string& path) {
  struct stat found {};
  if (path.empty() || ::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, static_cast<int64_t>(found.st_ino),
          found.st_size};
}

}  // namespace mnemo
