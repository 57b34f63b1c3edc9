// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"

#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace mnemo::tsdb {

/// One thing that is wrong with a block.
struct Fault {
  std::string block;               // its ULID, or its folder's name where that isn't known
  std::string file;                // within the block: "index", "chunks/000001", "meta.json", ...
  std::optional<uint64_t> offset;  // in the file
  std::string series;              // the labels of the series concerned, where there is one
  std::string what;                // what is wrong, and where

  /// All of it in one line.
  std::string to_string() const;
};

using FaultSink = std::function<void(const Fault&)>;

struct VerifyOptions {
  /// How many faults are told; the others are counted.
  size_t most_faults = 100;
  /// Told of the bytes that are done.
  Progress progress;
};

struct VerifyReport {
  uint64_t faults = 0;  // told or not
  uint64_t series = 0;
  uint64_t chunks = 0;
  uint64_t samples = 0;
};

/// Reads everything that a block on disk holds and tells each fault: checksums; the order of
/// symbols, series, labels, chunks, postings and samples; references from postings to series, from
/// series to symbols and chunks, from tombstones to series; that each label pair's postings are
/// exactly the series that have it; the times of chunks against their samples and the block's
/// range; the parts of aggregate chunks; and what meta.json says against what is there. What
/// Thanos' downsampling leaves as it was (the counts of float and histogram samples) isn't
/// compared.
/// Memory: 8 bytes a series, one postings list, one chunk's samples, beside what an open index
/// takes.
/// Errors: NotFound (no such folder); whatever is wrong inside is a fault.
Result<VerifyReport> verify_block(const std::filesystem::path& directory, const FaultSink& sink,
                                  const VerifyOptions& options = {});

}  // namespace mnemo::tsdb
