// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"
#include "commands.hpp"
#include "flags.hpp"

#include "promql/syntax/functions.hpp"
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include <mnemo/promql.hpp>

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

void print_plan(const PlanNode& plan, int depth) {
  std::printf("%*s%s\n", 2 * depth, "", plan.name.c_str());
  for (const auto& input : plan.inputs) print_plan(input, depth + 1);
}

/// How the expression would be evaluated now.
Status print_plan_of(const std::string& expression) {
  EngineOptions options;
  options.enable_experimental_functions = true;
  MNEMO_TRY(auto plan, Engine(options).explain({expression, now_ms(), now_ms(), 0, 0}));
  print_plan(plan, 0);
  return {};
}

}  // namespace

int run_promql_parse(const std::vector<std::string>& arguments) {
  std::string expression;
  bool tree = false;
  CommandLine line(
      std::string(kName),
      "Print the canonical form of an expression, and how the engine would evaluate it.");
  line.boolean("tree", tree, "Instead, print every part of the expression, one a line.");
  line.argument("EXPR", expression, "The PromQL expression.");
  if (auto status = line.parse(arguments)) return *status;
  auto expr = promql::parse_expression(expression, promql::ParserOptions::all_enabled());
  if (!expr) return report(kName, Status::failed_precondition(expr.status().message()));
  if (tree) {
    print_tree(**expr, 0);
    return kDone;
  }
  std::printf("%s\n\n", promql::to_string(**expr).c_str());
  auto status = print_plan_of(expression);
  if (!status.ok()) return report(kName, Status::failed_precondition(status.message()));
  return kDone;
}

}  // namespace mnemo::tools
