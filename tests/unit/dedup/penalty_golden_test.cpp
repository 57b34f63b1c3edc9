// SPDX-License-Identifier: Apache-2.0
#include "dedup/penalty.hpp"
#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

using Chunks = std::vector<GoldenChunk>;

/// Deduplicates as Thanos' vertical compaction does: every chunk of a run of overlapping chunks
/// counts as a replica, and those of another encoding than the first are dropped.
SampleColumn compacted(Chunks chunks) {
  std::stable_sort(chunks.begin(), chunks.end(), [](const auto& a, const auto& b) {
    return std::pair(a.samples.times.front(), a.samples.times.back()) <
           std::pair(b.samples.times.front(), b.samples.times.back());
  });
  SampleColumn result;
  for (size_t begin = 0, end; begin < chunks.size(); begin = end) {
    int64_t max_time = chunks[begin].samples.times.back();
    std::vector<SampleColumn> replicas{chunks[begin].samples};
    for (end = begin + 1; end < chunks.size(); ++end) {
      const auto& next = chunks[end].samples;
      if (next.times.front() > max_time) break;
      max_time = std::max(max_time, next.times.back());
      if (chunks[end].encoding == chunks[begin].encoding) replicas.push_back(next);
    }
    SampleColumn merged;
    deduplicate_by_penalty(replicas, DedupKind::kGauge, merged);
    for (size_t i = 0; i < merged.size(); ++i) result.append_from(merged, i);
  }
  return result;
}

bool same_value(const SampleColumn& a, const SampleColumn& b, size_t i) {
  auto bits = [](double v) { return std::bit_cast<uint64_t>(v); };
  const auto* x = a.histogram(i);
  const auto* y = b.histogram(i);
  if (x == nullptr || y == nullptr) return x == y && bits(a.values[i]) == bits(b.values[i]);
  return x->count == y->count && bits(x->sum) == bits(y->sum) && x->zero_count == y->zero_count;
}

}  // namespace

TEST_CASE("penalty: golden replicas a and b become what Thanos made of them") {
  auto golden = golden_dir();
  if (!golden) return;
  std::map<Labels, Chunks> chunks;
  for (const char* role : {"raw_a", "raw_b"}) {
    for (const auto& block : golden_blocks(*golden, role)) {
      for (auto& series : golden_series(*golden / "raw" / (block + ".samples.ndjson.gz"))) {
        auto& all = chunks[series.labels];
        all.insert(all.end(), series.chunks.begin(), series.chunks.end());
      }
    }
  }
  auto block = golden_blocks(*golden, "vertical_penalty").at(0);
  auto expected = golden_series(*golden / "vertical-penalty" / (block + ".samples.ndjson.gz"));
  CHECK_EQ(expected.size(), chunks.size());
  for (const auto& series : expected) {
    CAPTURE(series.labels.to_string());
    auto want = series.all_samples();
    auto got = compacted(chunks[series.labels]);
    REQUIRE_EQ(got.times, want.times);
    size_t different = 0;
    for (size_t i = 0; i < got.size(); ++i) different += same_value(got, want, i) ? 0 : 1;
    CHECK_EQ(different, 0);
  }
}
