// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/label_pairs.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace mnemo;

namespace {

using Key = std::pair<uint32_t, uint32_t>;

}  // namespace

TEST_CASE("label pairs: each series comes back with its pairs") {
  // A value that many labels share, labels that come and go, and series with none.
  std::vector<std::vector<Key>> series = {{}};
  for (uint32_t i = 0; i < 2000; ++i) {
    series.push_back({{0, i / 100}, {i % 7 + 1, 5}, {i + 100, 5}, {i + 5000, i % 3}});
    if (i % 10 == 0) series.push_back({{0, i / 100}});
  }
  tsdb::LabelPairs pairs;
  std::map<Key, uint32_t> counts;
  for (const auto& labels : series) {
    std::vector<tsdb::SymbolPair> numbers;
    for (const auto& [name, value] : labels) {
      numbers.push_back({name, value});
      ++counts[{name, value}];
    }
    pairs.add_series(numbers);
  }
  std::vector<std::vector<Key>> found(series.size());
  pairs.for_each([&](size_t at, uint32_t pair) {
    found.at(at).emplace_back(pairs[pair].label.name, pairs[pair].label.value);
  });
  CHECK(found == series);
  std::vector<std::pair<Key, uint32_t>> sorted;
  for (uint32_t number : pairs.sorted()) {
    const auto& pair = pairs[number];
    sorted.push_back({{pair.label.name, pair.label.value}, pair.count});
  }
  CHECK(sorted == std::vector<std::pair<Key, uint32_t>>(counts.begin(), counts.end()));
}
