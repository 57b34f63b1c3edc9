// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/progress.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>

namespace mnemo::tsdb {

inline constexpr int64_t kDefaultBlockDuration = int64_t{2} * 3600 * 1000;

/// The longest of Prometheus' block ranges (2h, 6h, 18h, ... ten of them) that isn't longer than
/// `max_duration` (milliseconds); 2h where all are.
int64_t compatible_block_duration(int64_t max_duration);

struct BackfillOptions {
  /// Blocks span ranges of so many milliseconds, aligned to them.
  int64_t block_duration = kDefaultBlockDuration;
  /// Set over the labels of every series.
  Labels external_labels;
  /// How many bytes of encoded samples are held before a further pass over the input is preferred.
  /// One block's samples are held in any case.
  uint64_t max_held_bytes = uint64_t{16} << 20;
  /// Bytes read; where further passes are needed, `total` grows.
  Progress progress;
  /// Told of each block once it is complete.
  std::function<void(const BlockMeta&)> on_block;
};

/// Makes blocks in `folder`, which is created, of the samples in an OpenMetrics text: one for each
/// time range that has some. `input` is a file, a pipe, or "-" for standard input. Samples may come
/// in any order; nothing is written before all of the text has been found well-formed.
/// Memory: as the options say, and some 100 bytes for each range.
/// Errors: DataLoss (malformed, a sample without a timestamp, one before the year 0 or after 9999;
/// names the line), InvalidArgument (different values of a series at one time; names both), those
/// of files. Blocks that `on_block` was told of stay.
Status backfill_openmetrics(const std::filesystem::path& input, const std::filesystem::path& folder,
                            const BackfillOptions& options);

}  // namespace mnemo::tsdb
