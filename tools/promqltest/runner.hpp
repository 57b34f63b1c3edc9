// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/promql.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::promqltest {

struct Failure {
  size_t line = 0;  // of the command, from 1
  std::string message;
};

/// What became of a script: how many evaluations it has, and which of them failed. A failing
/// evaluation doesn't stop the script.
struct Report {
  size_t evaluations = 0;
  std::vector<Failure> failures;
};

/// Runs a script in the language of Prometheus' promqltest over series in memory. As there, an
/// instant query is also evaluated with `@` on every selector at other times, and as the middle
/// step of a range query.
/// Errors: InvalidArgument with the line, when the script itself is wrong.
Result<Report> run_script(const Context& context, const Engine& engine, std::string_view text);

/// The options under which Prometheus' scripts are to be run.
EngineOptions script_engine_options();

}  // namespace mnemo::promqltest
