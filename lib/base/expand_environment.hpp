// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mnemo {

/// A variable's value; null: not set.
using VariableLookup = std::function<const char*(const std::string&)>;

/// Replaces each $(NAME) (letters, digits, '_') by that variable of the environment, or of
/// `variable` where it is given, as Thanos does in the files and texts of its flags. How many of
/// them aren't set goes to `unset`. Errors: InvalidArgument (names the first that isn't set).
Result<std::string> expand_environment(std::string_view text, const VariableLookup& variable = {},
                                       size_t* unset = nullptr);

}  // namespace mnemo
