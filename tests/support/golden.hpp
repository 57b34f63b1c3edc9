// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>
#include <mnemo/samples.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mnemo::testing {

/// The folder `golden` of shared test data: below $MNEMO_SHARED, or below ../shared seen from the
/// repository's root. Nothing (and a message) where it is absent.
std::optional<std::filesystem::path> golden_dir();

/// The lines of a gzipped text file; empty when it can't be read.
std::vector<std::string> gzip_lines(const std::filesystem::path& path);

struct GoldenChunk {
  int encoding = 0;
  SampleColumn samples;  // empty for aggregate chunks
};

struct GoldenSeries {
  Labels labels;
  std::vector<GoldenChunk> chunks;

  SampleColumn all_samples() const;
};

/// What a `<ULID>.samples.ndjson.gz` says that the block beside it holds.
std::vector<GoldenSeries> golden_series(const std::filesystem::path& path);

/// The blocks that the manifest names for a role, e.g. "raw_a" or "compacted_b".
std::vector<std::string> golden_blocks(const std::filesystem::path& golden,
                                       const std::string& role);

}  // namespace mnemo::testing
