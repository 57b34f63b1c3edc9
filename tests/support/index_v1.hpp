// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block.hpp>
#include <mnemo/labels.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mnemo::testing {

/// One series of an index that is made up.
struct IndexSeries {
  Labels labels;
  std::vector<ChunkMeta> chunks;
};

/// An index file of version 1 as the first releases of Prometheus 2 wrote it: symbols and series
/// are referred to by their offsets in the file, and the postings offset table is in no order
/// (here: backwards). `series` come in order of their labels.
std::string index_v1(const std::vector<IndexSeries>& series);

/// Copies the block in `source` to `folder`, under the same name, but with an index of version 1
/// that says the same. Tombstones are left out. Returns the copy.
std::filesystem::path copy_with_index_v1(const std::filesystem::path& source,
                                         const std::filesystem::path& folder);

}  // namespace mnemo::testing
