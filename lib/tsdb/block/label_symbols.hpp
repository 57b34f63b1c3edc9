// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/index/series.hpp"

#include <mnemo/labels.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mnemo::tsdb {

/// The symbol table of some series: their names and values, sorted and numbered.
///
/// Not thread-safe. Borrows the labels' texts.
class LabelSymbols {
 public:
  void collect(const Labels& labels) {
    for (const auto& label : labels) {
      numbers_.try_emplace(label.name);
      numbers_.try_emplace(label.value);
    }
  }

  /// All symbols in order; from then on they have numbers.
  std::vector<std::string_view> sort() {
    std::vector<std::string_view> symbols;
    symbols.reserve(numbers_.size());
    for (const auto& [symbol, number] : numbers_) symbols.push_back(symbol);
    std::sort(symbols.begin(), symbols.end());
    for (size_t i = 0; i < symbols.size(); ++i) numbers_[symbols[i]] = static_cast<uint32_t>(i);
    return symbols;
  }

  /// REQUIRES: `labels` were collected before `sort`.
  void numbers_of(const Labels& labels, std::vector<SymbolPair>& pairs) const {
    pairs.clear();
    for (const auto& label : labels) {
      pairs.push_back({numbers_.at(label.name), numbers_.at(label.value)});
    }
  }

 private:
  std::unordered_map<std::string_view, uint32_t> numbers_;
};

}  // namespace mnemo::tsdb
