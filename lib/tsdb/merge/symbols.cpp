// SPDX-License-Identifier: Apache-2.0
#include "tsdb/merge/symbols.hpp"

#include "base/binary_heap.hpp"

#include <cstddef>

namespace mnemo::tsdb {
namespace {

struct Table {
  Symbols::Cursor cursor;
  size_t number;
};

struct SmallerSymbol {
  const std::vector<Table>* tables;
  bool operator()(size_t a, size_t b) const {
    return (*tables)[a].cursor.symbol() < (*tables)[b].cursor.symbol();
  }
};

}  // namespace

Result<std::vector<SymbolMap>> merge_symbols(std::span<const Symbols* const> tables,
                                             const std::function<Status(std::string_view)>& add) {
  std::vector<SymbolMap> maps;
  std::vector<Table> open;
  for (const auto* table : tables) {
    open.push_back({table->begin(), maps.size()});
    maps.emplace_back(table->size());
  }
  BinaryHeap<size_t, SmallerSymbol> heap(SmallerSymbol{&open});
  for (const auto& table : open) {
    if (table.cursor.valid()) heap.push(table.number);
  }
  uint32_t count = 0;
  std::string_view last;
  while (!heap.empty()) {
    size_t number = heap.pop();
    auto& cursor = open[number].cursor;
    if (count == 0 || cursor.symbol() != last) {
      last = cursor.symbol();
      MNEMO_RETURN_IF_ERROR(add(last));
      ++count;
    }
    maps[number][cursor.number()] = count - 1;
    MNEMO_RETURN_IF_ERROR(cursor.next());
    if (cursor.valid()) heap.push(number);
  }
  return maps;
}

}  // namespace mnemo::tsdb
