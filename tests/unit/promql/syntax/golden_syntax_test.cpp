// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include "support/golden.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace mnemo;
using namespace mnemo::promql;

namespace {

/// The parse error that Prometheus answered with, without what the API puts before it.
std::string parse_error(const nlohmann::json& answer) {
  std::string error = answer.value("error", "");
  constexpr std::string_view kPrefix = "invalid parameter \"query\": ";
  if (error.find("parse error:") == std::string::npos) return {};
  return error.rfind(kPrefix, 0) == 0 ? error.substr(kPrefix.size()) : error;
}

}  // namespace

TEST_CASE("syntax: the queries of golden parse or fail as in Prometheus 3.14") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  size_t queries = 0;
  for (const auto& line : testing::gzip_lines(*golden / "prometheus-3.14-promql.ndjson.gz")) {
    auto answer = nlohmann::json::parse(line, nullptr, false);
    std::string query = answer["params"]["query"];
    CAPTURE(query);
    auto expr = parse_expression(query);
    CHECK_EQ(expr.status().message(), parse_error(answer));
    if (expr) {
      auto again = parse_expression(to_string(**expr));
      REQUIRE(again);
      CHECK_EQ(to_string(**again), to_string(**expr));
    }
    ++queries;
  }
  CHECK_EQ(queries, 4000);
}
