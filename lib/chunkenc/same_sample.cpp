// SPDX-License-Identifier: Apache-2.0
// Whether two samples are the same, whatever their chunks made of them: a chunk names the buckets
// of all its histograms, so that one of them may name empty buckets that it came without.
#include "chunkenc/bucket_layout.hpp"
#include "chunkenc/chunker.hpp"

#include <algorithm>
#include <bit>

namespace mnemo {
namespace {

bool same(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }
bool same(uint64_t a, uint64_t b) { return a == b; }
bool same(int64_t a, int64_t b) { return a == b; }

template <typename Number>
bool all_same(const std::vector<Number>& a, const std::vector<Number>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](Number x, Number y) { return same(x, y); });
}

template <typename Count>
bool same_buckets(const std::vector<Span>& a_spans, const std::vector<Count>& a,
                  const std::vector<Span>& b_spans, const std::vector<Count>& b) {
  if (a_spans == b_spans) return all_same(a, b);
  auto both = unite_buckets(a_spans, b_spans);
  return all_same(spread_buckets(a, both.from_a, both.indexes.size()),
                  spread_buckets(b, both.from_b, both.indexes.size()));
}

template <typename AnyHistogram>
bool same_histogram(const AnyHistogram& a, const AnyHistogram& b) {
  auto is_gauge = [](const auto& h) { return h.counter_reset_hint == CounterResetHint::kGauge; };
  if (is_gauge(a) != is_gauge(b) || !same(a.sum, b.sum)) return false;
  if (is_stale_nan(a.sum)) return true;
  return a.schema == b.schema && same(a.zero_threshold, b.zero_threshold) &&
         same(a.zero_count, b.zero_count) && same(a.count, b.count) &&
         all_same(a.custom_values, b.custom_values) &&
         same_buckets(a.positive_spans, a.positive_buckets, b.positive_spans, b.positive_buckets) &&
         same_buckets(a.negative_spans, a.negative_buckets, b.negative_spans, b.negative_buckets);
}

}  // namespace

bool ChunkSamples::has_same(size_t i, const ChunkSamples& other, size_t j) const {
  if (times_[i] != other.times_[j] || start_time(i) != other.start_time(j) ||
      sample_kind(encoding_) != sample_kind(other.encoding_)) {
    return false;
  }
  if (!integers_.empty()) {
    return same_histogram(integers_[i].histogram, other.integers_[j].histogram);
  }
  const auto* histogram = column_.histogram(i);
  if (histogram == nullptr) return same(column_.values[i], other.column_.values[j]);
  return same_histogram(*histogram, *other.column_.histogram(j));
}

}  // namespace mnemo
