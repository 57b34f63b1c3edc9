// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace mnemo {

/// Merges sorted streams into one in which each set of labels comes exactly once, with all of its
/// chunks in order and copies of the same chunk left out. Pulls only as fast as it is pulled and
/// holds one series of each source. The failure of a source is the failure of the merged stream.
/// Ends after `limit` series (0: none).
std::unique_ptr<SeriesStream> merge_streams(std::vector<std::unique_ptr<SeriesStream>> sources,
                                            int64_t limit = 0);

}  // namespace mnemo
