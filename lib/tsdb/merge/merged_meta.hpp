// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block_meta.hpp>
#include <mnemo/status.hpp>

#include <span>
#include <string>
#include <vector>

namespace mnemo::tsdb {

/// The meta.json of a block merged from those of `metas`, without statistics: times, level,
/// sources, parents and hints as Prometheus has them, and, where one of them has a Thanos section,
/// such a section with what they have in common. Errors: InvalidArgument (none; another resolution,
/// or other external labels than `replica_labels` differ).
Result<BlockMeta> merged_meta(std::span<const BlockMeta> metas, const Ulid& ulid,
                              const std::vector<std::string>& replica_labels);

}  // namespace mnemo::tsdb
