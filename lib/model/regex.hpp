// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

namespace mnemo {

/// Translates an expression in the dialect of Go's `regexp` into one for RE2: `(?<name>` becomes
/// `(?P<name>`, and `\C` is refused as Go refuses it.
Result<std::string> translate_go_regex(std::string_view expression);

/// Compiles an expression that must match whole values, "." matching newlines, in bounded memory.
/// Errors: InvalidArgument with RE2's reason.
Result<std::unique_ptr<re2::RE2>> compile_anchored_regex(std::string_view expression);

}  // namespace mnemo
