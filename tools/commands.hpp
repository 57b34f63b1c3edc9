// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mnemo::tools {

/// One subcommand of the program: `path` are its words ("tools tsdb dump"), `run` gets the
/// arguments after them and returns the exit status.
struct Command {
  std::string_view path;
  std::string_view summary;
  int (*run)(const std::vector<std::string>& arguments);
};

// One file a subcommand.
int run_promql_parse(const std::vector<std::string>& arguments);
int run_promql_query(const std::vector<std::string>& arguments);
int run_promql_test(const std::vector<std::string>& arguments);
int run_query(const std::vector<std::string>& arguments);
int run_sidecar(const std::vector<std::string>& arguments);
int run_store(const std::vector<std::string>& arguments);
int run_tsdb_analyze(const std::vector<std::string>& arguments);
int run_tsdb_create_blocks(const std::vector<std::string>& arguments);
int run_tsdb_downsample(const std::vector<std::string>& arguments);
int run_tsdb_dump(const std::vector<std::string>& arguments);
int run_tsdb_merge(const std::vector<std::string>& arguments);
int run_tsdb_rewrite(const std::vector<std::string>& arguments);
int run_tsdb_verify(const std::vector<std::string>& arguments);

}  // namespace mnemo::tools
