// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dedup/penalty.hpp"

#include <mnemo/queryable.hpp>
#include <mnemo/store.hpp>

#include <memory>
#include <vector>

namespace mnemo {

/// How the chunks of a selector's series are read.
struct ChunkReading {
  TimeRange range;  // of the selection: deduplication begins there
  std::vector<Aggregate> aggregates;
  DedupKind kind = DedupKind::kGauge;
  bool hides_raw_resets = false;  // of deduplicated raw counters
  bool deduplicate = false;
};

/// The samples of one series whose chunks may come from several replicas. `chunks` must be in order
/// and without copies.
std::shared_ptr<const SampleSource> make_chunk_source(std::shared_ptr<const ChunkReading> reading,
                                                      std::vector<AggregateChunk> chunks);

}  // namespace mnemo
