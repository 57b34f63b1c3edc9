// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/label_pairs.hpp"

#include <algorithm>
#include <tuple>

namespace mnemo::tsdb {
namespace {

constexpr size_t kFirstBuckets = 256;

/// Where a pair's bucket is, in a ring: the values of one label, which mostly come in their order,
/// lie side by side, and each label begins elsewhere.
uint32_t place_of(SymbolPair label) { return label.name * 0x9e3779b1U + label.value; }

bool equal(SymbolPair a, SymbolPair b) { return a.name == b.name && a.value == b.value; }

}  // namespace

void LabelPairs::grow() {
  buckets_.assign(std::max(kFirstBuckets, buckets_.size() * 2), 0);
  for (uint32_t number = 0; number < pairs_.size(); ++number) link(number);
}

/// Puts a pair into its bucket.
void LabelPairs::link(uint32_t number) {
  auto& first = buckets_[place_of(pairs_[number].label) & (buckets_.size() - 1)];
  pairs_[number].next = first;
  first = number + 1;
}

uint32_t LabelPairs::find_or_add(SymbolPair label) {
  if (pairs_.size() >= buckets_.size()) grow();
  uint32_t at = buckets_[place_of(label) & (buckets_.size() - 1)];
  while (at != 0 && !equal(pairs_[at - 1].label, label)) at = pairs_[at - 1].next;
  if (at != 0) return at - 1;
  auto number = static_cast<uint32_t>(pairs_.size());
  pairs_.push_back({label, 0, 0});
  link(number);
  return number;
}

void LabelPairs::add_series(std::span<const SymbolPair> labels) {
  append_uvarint(series_, labels.size());
  size_t known = last_.size();
  last_.resize(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i < known && equal(pairs_[last_[i]].label, labels[i])) {
      series_.push_back('\0');
    } else {
      last_[i] = find_or_add(labels[i]);
      append_uvarint(series_, uint64_t{last_[i]} + 1);
    }
    ++pairs_[last_[i]].count;
  }
}

std::vector<uint32_t> LabelPairs::sorted() const {
  std::vector<uint32_t> order(pairs_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const auto& x = pairs_[a].label;
    const auto& y = pairs_[b].label;
    return std::tie(x.name, x.value) < std::tie(y.name, y.value);
  });
  return order;
}

}  // namespace mnemo::tsdb
