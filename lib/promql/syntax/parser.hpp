// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/syntax/ast.hpp"

#include <mnemo/status.hpp>

#include <cstddef>
#include <string_view>
#include <vector>

namespace mnemo::promql {

/// What the language allows beyond its stable part, and limits on the text.
struct ParserOptions {
  bool enable_experimental_functions = false;
  bool enable_duration_expressions = true;       // as in Prometheus since 3.14
  bool enable_extended_range_selectors = false;  // anchored, smoothed
  bool enable_fill_modifiers = false;            // fill, fill_left, fill_right
  bool enable_x_functions = false;               // xrate, xincrease, xdelta
  size_t max_bytes = 1 << 20;
  size_t max_depth = 256;      // of parentheses, calls and signs inside each other
  uint32_t max_height = 2000;  // of the tree: also of long chains of operators

  /// All that Prometheus has.
  static ParserOptions all_enabled();
};

/// Parses and type-checks an expression. Errors: InvalidArgument, as Prometheus words it:
/// `1:5: parse error: unexpected ...`.
Result<ExprPtr> parse_expression(std::string_view text, const ParserOptions& options = {});

/// Parses what `match[]` parameters hold: `name{label="value"}`, without range or modifiers.
Result<std::vector<Matcher>> parse_selector(std::string_view text);

/// Parses a metric with its labels, as in `up{job="api"}` (no matchers but "=").
Result<Labels> parse_metric(std::string_view text);

}  // namespace mnemo::promql
