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
/// Not thread-safe. Borrows the labels' texts. Quick where series come sorted: most labels are then
/// those of the series before.
class LabelSymbols {
 public:
  void collect(const Labels& labels) {
    size_t i = 0;
    for (const auto& label : labels) {
      if (i == last_.size()) last_.emplace_back();
      auto& last = last_[i++];
      if (label.name != last.label.name) numbers_.try_emplace(label.name);
      if (label.value != last.label.value) numbers_.try_emplace(label.value);
      last.label = label;
    }
  }

  /// All symbols in order; from then on they have numbers.
  std::vector<std::string_view> sort() {
    std::vector<std::string_view> symbols;
    symbols.reserve(numbers_.size());
    for (const auto& [symbol, number] : numbers_) symbols.push_back(symbol);
    std::sort(symbols.begin(), symbols.end());
    for (size_t i = 0; i < symbols.size(); ++i) numbers_[symbols[i]] = static_cast<uint32_t>(i);
    for (auto& last : last_) last = {};
    return symbols;
  }

  /// REQUIRES: `labels` were collected before `sort`.
  void numbers_of(const Labels& labels, std::vector<SymbolPair>& pairs) {
    pairs.clear();
    size_t i = 0;
    for (const auto& label : labels) {
      auto& last = last_[i++];
      if (label.name != last.label.name) last.numbers.name = numbers_.at(label.name);
      if (label.value != last.label.value) last.numbers.value = numbers_.at(label.value);
      last.label = label;
      pairs.push_back(last.numbers);
    }
  }

 private:
  /// The label that the series before had at some place. Neither name nor value is ever empty.
  struct Last {
    LabelView label;
    SymbolPair numbers;
  };

  std::vector<Last> last_;
  std::unordered_map<std::string_view, uint32_t> numbers_;
};

}  // namespace mnemo::tsdb
