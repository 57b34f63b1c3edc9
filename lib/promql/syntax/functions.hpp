// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/promql.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace mnemo::promql {

/// The signature of a PromQL function. All of them are static; compare by address or by name.
struct Function {
  std::string_view name;
  std::span<const ValueType> arguments;
  /// How many of the trailing arguments may be left out or repeated: 0, exactly `arguments`; n > 0,
  /// from size - 1 to size - 1 + n; -1, size - 1 or more. Extra arguments have the last type.
  int variadic = 0;
  ValueType result = ValueType::kVector;
  bool experimental = false;
};

/// All functions of Prometheus 3.14, sorted by name.
std::span<const Function> functions();

/// The function of that name (case matters), or null.
const Function* find_function(std::string_view name);

/// The same for xrate, xincrease and xdelta, which only Thanos has.
const Function* find_x_function(std::string_view name);

}  // namespace mnemo::promql
