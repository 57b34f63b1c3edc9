// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/index/symbols.hpp"

#include <mnemo/status.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

/// From the number of a symbol in one table to its number in another.
using SymbolMap = std::vector<uint32_t>;

/// Adds the union of several symbol tables, in order, each symbol once, and says what becomes of
/// the numbers of each table. Errors: those of `add`; DataLoss (a table out of order).
Result<std::vector<SymbolMap>> merge_symbols(std::span<const Symbols* const> tables,
                                             const std::function<Status(std::string_view)>& add);

}  // namespace mnemo::tsdb
