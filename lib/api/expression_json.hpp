// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/ast.hpp"

#include <string>

namespace mnemo::api {

/// Appends the tree of an expression as Prometheus' `parse_query` gives it: for each node an object
/// with its `type`, its members in order of their names.
void append_expression(std::string& out, const promql::Expr& expr);

}  // namespace mnemo::api
