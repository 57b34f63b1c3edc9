// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/token.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace mnemo::promql {

/// Splits a query into tokens, without comments and space. The last token is kEnd or kError, and
/// there is no other of these. The tokens point into `text`.
std::vector<Token> lex(std::string_view text);

}  // namespace mnemo::promql
