// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"

#include "promql/syntax/functions.hpp"
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include <cstdio>
#include <string>

namespace mnemo::tools {
namespace {

constexpr std::string_view kName = "tools promql parse";

/// The tree, one node a line, children indented.
void print_tree(const promql::Expr& expr, int depth) {
  std::printf("%*s%s\n", 2 * depth, "", promql::to_string(expr).c_str());
  for (const auto* child : promql::children(expr)) print_tree(*child, depth + 1);
}

}  // namespace

int run_promql_parse(const std::vector<std::string>& arguments) {
  std::string expression;
  bool tree = false;
  CommandLine line(std::string(kName), "Print the canonical form of an expression.");
  line.boolean("tree", tree, "Print every part of the expression, one a line.");
  line.argument("EXPR", expression, "The PromQL expression.");
  if (auto status = line.parse(arguments)) return *status;
  auto expr = promql::parse_expression(expression, promql::ParserOptions::all_enabled());
  if (!expr) return report(kName, Status::failed_precondition(expr.status().message()));
  if (tree) {
    print_tree(**expr, 0);
  } else {
    std::printf("%s\n", promql::to_string(**expr).c_str());
  }
  return kDone;
}

}  // namespace mnemo::tools
