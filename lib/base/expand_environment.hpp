// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <string>
#include <string_view>

namespace mnemo {

/// Replaces each $(NAME) (letters, digits, '_') by that variable of the environment, as Thanos does
/// in the files and texts of its flags. Errors: InvalidArgument (a variable that isn't set, by its
/// name).
Result<std::string> expand_environment(std::string_view text);

}  // namespace mnemo
