// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/ast.hpp"

#include <string>

namespace mnemo::promql {

/// The canonical form of an expression, as Prometheus prints it; it parses to the same tree.
std::string to_string(const Expr& expr);
std::string to_string(const DurationExpr& expr);

/// The same over several lines: what is longer than 100 bytes is broken into its parts, each
/// indented under what it belongs to, as Prometheus' `format_query` does.
std::string to_pretty_string(const Expr& expr);

}  // namespace mnemo::promql
