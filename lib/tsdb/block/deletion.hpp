// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/output_files.hpp"

#include <mnemo/block_deletion.hpp>

namespace mnemo::tsdb {

/// As `mnemo::delete_samples`, changing files by way of `files`.
Result<BlockMeta> delete_samples(const std::filesystem::path& directory,
                                 std::span<const Matcher> matchers, TimeRange range,
                                 OutputFiles& files);

}  // namespace mnemo::tsdb
