// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/decode.hpp"
#include "dedup/penalty_chunks.hpp"
#include "fuzz/several_chunks.hpp"
#include "fuzz/targets.hpp"
#include "tsdb/merge/overlaps.hpp"
#include "tsdb/merge/recode.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace mnemo::fuzz {
namespace {

bool rises(const SampleColumn& samples) {
  return std::adjacent_find(samples.times.begin(), samples.times.end(), std::greater_equal<>()) ==
         samples.times.end();
}

bool all_rise(std::span<const Chunk> chunks) {
  for (const auto& chunk : chunks) {
    SampleColumn samples;
    if (!decode_chunk(chunk, TimeRange(), samples).ok() || !rises(samples)) return false;
  }
  return true;
}

void merge(std::span<const Chunk> chunks, const tsdb::OverlapMerger& merger) {
  std::vector<std::vector<Chunk>> sources;
  for (const auto& chunk : chunks) sources.emplace_back(1, chunk);
  std::vector<Chunk> merged;
  if (!tsdb::merge_chunks(sources, merger, merged).ok() || !all_rise(chunks)) return;
  SampleColumn samples;
  for (const auto& chunk : merged) require(decode_chunk(chunk, TimeRange(), samples).ok());
  require(rises(samples));
}

}  // namespace

/// Chunks of one series that several blocks have are merged, in each way that there is.
void run_overlaps(std::span<const uint8_t> data) {
  auto chunks = several_chunks(data);
  merge(chunks, tsdb::chain_overlaps);
  merge(chunks, tsdb::unite_overlaps);
  merge(chunks, deduplicate_chunks_by_penalty);
}

}  // namespace mnemo::fuzz
