// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>
#include <mnemo/ulid.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

struct BlockStats {
  uint64_t num_samples = 0;
  uint64_t num_float_samples = 0;
  uint64_t num_histogram_samples = 0;
  uint64_t num_series = 0;
  uint64_t num_chunks = 0;
  uint64_t num_tombstones = 0;
};

/// A block that another one was made from.
struct BlockParent {
  Ulid ulid;
  int64_t min_time = 0;
  int64_t max_time = 0;
};

struct BlockCompaction {
  int level = 0;
  std::vector<Ulid> sources;
  bool deletable = false;
  std::vector<BlockParent> parents;
  bool failed = false;
  std::vector<std::string> hints;
};

/// One file of a block as listed in the `thanos` section.
struct BlockFile {
  std::string rel_path;
  int64_t size_bytes = 0;
  std::string hash_func;  // "SHA256", or empty where no hash is kept
  std::string hash;
};

/// What Thanos (and Mnemo) add to a block's meta.json when it enters a bucket.
struct ThanosMeta {
  int version = 1;
  Labels labels;           // external labels
  int64_t resolution = 0;  // milliseconds between samples; 0: raw
  std::string source;      // the component that made the block: "sidecar", "compactor", ...
  std::vector<std::string> segment_files;
  std::vector<BlockFile> files;
  int64_t index_max_series_size = 0;  // bytes; 0: not known
  int64_t index_max_chunk_size = 0;   // bytes; 0: not known
  std::string upload_time;            // RFC 3339; empty: not known
  std::string rewrites_json;          // kept as it was read
  std::string extensions_json;        // kept as it was read
};

/// A block's meta.json. The block holds samples t with min_time <= t < max_time (milliseconds).
///
/// A value type. Format: docs/formats/block.md (Prometheus meta.json version 1, Thanos section
/// version 1). Members that Mnemo doesn't know are not kept.
struct BlockMeta {
  Ulid ulid;
  int64_t min_time = 0;
  int64_t max_time = 0;
  BlockStats stats;
  BlockCompaction compaction;
  int version = 1;
  std::optional<ThanosMeta> thanos;

  /// The samples' closed range.
  TimeRange range() const { return {min_time, max_time - 1}; }

  /// Errors: DataLoss (not JSON, wrong types, with where), Unimplemented (version).
  static Result<BlockMeta> parse(std::string_view json);

  /// As Prometheus and Thanos write it (tab-indented; members in their order).
  std::string to_json() const;
};

}  // namespace mnemo
