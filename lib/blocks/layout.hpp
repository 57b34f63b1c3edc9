// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/ulid.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mnemo {

/// Where a block's parts are: in a bucket `<ULID>/meta.json`, `<ULID>/index`,
/// `<ULID>/chunks/000001`,
/// ...; on a disk the same below the data directory.
inline constexpr std::string_view kMetaFile = "meta.json";
inline constexpr std::string_view kIndexFile = "index";
inline constexpr std::string_view kChunksFolder = "chunks";

/// No meta.json is larger.
inline constexpr uint64_t kMaxMetaBytes = 64 << 20;

/// The block whose folder has this name; nothing unless it is a ULID as `Ulid::to_string` writes
/// it.
std::optional<Ulid> block_of_folder(std::string_view name);

/// "<ULID>/<file>".
std::string block_object(const Ulid& block, std::string_view file);

/// Tells the time; injected where behaviour depends on it.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

/// `clock`, or the system's where it is empty.
WallClock clock_or_system(WallClock clock);

}  // namespace mnemo
