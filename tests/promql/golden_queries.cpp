// SPDX-License-Identifier: Apache-2.0
// Evaluates the queries of golden over its blocks and compares with Prometheus' answers:
// `golden_queries [--filter=REGEX] [--list] [--limit=N]`. Prints counts, the functions and
// operators that occur in differing queries, and, with --list, these queries with the first
// difference. Exit status: 0 all equal, 1 some differ, 2 wrong usage, 77 no golden data.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "json_compare.hpp"

#include "api/result_json.hpp"
#include "promql/syntax/functions.hpp"
#include "promql/syntax/parser.hpp"
#include "query/block_queryable.hpp"
#include "support/golden.hpp"

#include <mnemo/block.hpp>
#include <mnemo/promql.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace mnemo;
using nlohmann::json;

namespace {

constexpr int kSkipped = 77;

struct Options {
  std::string filter = ".*";
  bool list = false;
  size_t limit = 1'000'000;
};

enum class Outcome { kEqual, kDifferent, kAnnotations, kErrorOrder, kErrorText, kErrorMismatch };

constexpr std::pair<Outcome, const char*> kOutcomeNames[] = {
    {Outcome::kEqual, "equal"},
    {Outcome::kDifferent, "different result"},
    {Outcome::kAnnotations, "different warnings or infos"},
    {Outcome::kErrorOrder, "error that names two series in another order"},
    {Outcome::kErrorText, "different error text"},
    {Outcome::kErrorMismatch, "error on one side only, or of another type"},
};

struct Comparison {
  Outcome outcome = Outcome::kEqual;
  std::string detail;
};

std::string error_type(const Status& status) {
  return status.code() == Code::kInvalidArgument ? "bad_data" : "execution";
}

/// The text of an error about two series that clash, with these two the other way round.
std::string with_series_swapped(std::string text) {
  static const re2::RE2 kTwoSeries(R"(of the operation: \[(\{.*\}), (\{.*\})\];many-to-many)");
  re2::RE2::Replace(&text, kTwoSeries, R"(of the operation: [\2, \1];many-to-many)");
  return text;
}

Comparison compare_failure(const Status& status, const json& answer) {
  std::string wanted = answer.value("error", "");
  if (answer.value("errorType", "") != error_type(status)) {
    return {Outcome::kErrorMismatch, "got error: " + status.message() +
                                         "; wanted: " + (wanted.empty() ? "a result" : wanted)};
  }
  std::string message = status.message();
  if (status.code() == Code::kInvalidArgument) {
    message = "invalid parameter \"query\": " + message;
  }
  if (message == wanted) return {};
  bool is_order = message == with_series_swapped(wanted);
  return {is_order ? Outcome::kErrorOrder : Outcome::kErrorText,
          "got: " + message + "\n    wanted: " + wanted};
}

std::multiset<std::string> texts(const json& answer, const char* member) {
  std::multiset<std::string> all;
  if (answer.contains(member)) {
    for (const auto& text : answer[member]) all.insert(text.get<std::string>());
  }
  return all;
}

Comparison compare_annotations(const QueryResult& result, const json& answer) {
  for (bool warnings : {true, false}) {
    const auto& list = warnings ? result.warnings : result.infos;
    std::multiset<std::string> got(list.begin(), list.end());
    auto wanted = texts(answer, warnings ? "warnings" : "infos");
    if (got == wanted) continue;
    return {Outcome::kAnnotations, fmt::format("got: [{}]\n    wanted: [{}]", fmt::join(got, "; "),
                                               fmt::join(wanted, "; "))};
  }
  return {};
}

Comparison compare_success(const QueryResult& result, const QueryRequest& request,
                           const json& answer) {
  if (answer.contains("error")) {
    return {Outcome::kErrorMismatch,
            "got a result; wanted error: " + answer["error"].get<std::string>()};
  }
  std::string text = "{";
  api::append_result(text, result, request.start_ms);
  text += "}";
  auto got = json::parse(text, nullptr, false);
  if (got.is_discarded()) return {Outcome::kDifferent, "the result is no JSON"};
  std::string difference = testing::first_difference(got, answer["data"]);
  if (!difference.empty()) return {Outcome::kDifferent, std::move(difference)};
  return compare_annotations(result, answer);
}

int64_t milliseconds(const json& params, const char* name) {
  return static_cast<int64_t>(std::llround(params[name].get<double>() * 1000));
}

QueryRequest request_of(const json& params) {
  QueryRequest request;
  request.expression = params["query"].get<std::string>();
  if (params.contains("start")) {
    request.start_ms = milliseconds(params, "start");
    request.end_ms = milliseconds(params, "end");
    request.step_ms = milliseconds(params, "step");
  } else {
    request.start_ms = milliseconds(params, "time");
    request.end_ms = request.start_ms;
  }
  return request;
}

/// What a node of a query is called in the table.
std::string name_of(const promql::Expr& expr) {
  using promql::as_if;
  if (const auto* call = as_if<promql::Call>(&expr)) return std::string(call->function->name);
  if (const auto* aggregate = as_if<promql::AggregateExpr>(&expr)) {
    return std::string(promql::operator_name(aggregate->op));
  }
  if (const auto* binary = as_if<promql::BinaryExpr>(&expr)) {
    return "operator " + std::string(promql::operator_name(binary->op));
  }
  return expr.kind == promql::ExprKind::kSubquery ? "subquery" : "";
}

void collect_names(const promql::Expr& expr, std::set<std::string>& names) {
  std::string name = name_of(expr);
  if (!name.empty()) names.insert(name);
  for (const auto* child : promql::children(expr)) collect_names(*child, names);
}

std::set<std::string> names_in(const std::string& query) {
  std::set<std::string> names;
  auto expr = promql::parse_expression(query, promql::ParserOptions::all_enabled());
  if (expr) collect_names(**expr, names);
  if (names.empty()) names.insert(expr ? "selector" : "(does not parse)");
  return names;
}

/// Whether the difference is one that Prometheus doesn't settle. Of two series that clash, the
/// server which answered named the one that comes later first; a later one sorts them, as its
/// scripts expect. Which of equal values topk takes of a function's result over a range hangs on
/// the random order of a map.
bool is_unsettled(const std::string& query, Outcome outcome) {
  if (outcome == Outcome::kErrorOrder) return true;
  return outcome == Outcome::kDifferent && query == "topk (2, exp(latency_bucket))";
}

/// Counts and lists what came out.
class Tally {
 public:
  void add(const json& answer, const std::string& query, const Comparison& comparison) {
    ++outcomes_[comparison.outcome];
    bool differs = comparison.outcome != Outcome::kEqual;
    for (const auto& name : names_in(query)) {
      auto& [differing, total] = names_[name];
      differing += differs ? 1 : 0;
      ++total;
    }
    if (differs) list_.push_back({answer["params"].dump(), comparison.detail});
    if (differs && !is_unsettled(query, comparison.outcome)) all_settled_equal_ = false;
  }

  void print(const Options& options) const {
    for (const auto& [outcome, name] : kOutcomeNames) {
      auto found = outcomes_.find(outcome);
      std::printf("%6zu %s\n", found == outcomes_.end() ? 0 : found->second, name);
    }
    if (!list_.empty()) std::printf("\ndiffering of all, by what occurs in them:\n");
    for (const auto& [name, counts] : names_) {
      if (counts.first == 0) continue;
      std::printf("%6zu of %zu  %s\n", counts.first, counts.second, name.c_str());
    }
    for (size_t i = 0; options.list && i < std::min(list_.size(), options.limit); ++i) {
      std::printf("\n%s\n    %s\n", list_[i].first.c_str(), list_[i].second.c_str());
    }
  }

  bool all_settled_equal() const { return all_settled_equal_; }

 private:
  bool all_settled_equal_ = true;
  std::map<Outcome, size_t> outcomes_;
  std::map<std::string, std::pair<size_t, size_t>> names_;
  std::vector<std::pair<std::string, std::string>> list_;
};

Result<std::vector<std::shared_ptr<const Block>>> open_golden(const std::filesystem::path& golden) {
  std::vector<std::shared_ptr<const Block>> blocks;
  for (const auto& name : testing::golden_blocks(golden, "raw_a")) {
    MNEMO_TRY(auto block, Block::open(golden / "raw" / name));
    blocks.push_back(std::move(block));
  }
  return blocks;
}

int run(const Options& options) {
  auto golden = testing::golden_dir();
  if (!golden) return kSkipped;
  auto blocks = open_golden(*golden);
  if (!blocks) {
    std::fprintf(stderr, "%s\n", blocks.status().to_string().c_str());
    return 1;
  }
  BlockQueryable queryable(*std::move(blocks));
  Engine engine{EngineOptions{}};
  re2::RE2 filter(options.filter);
  Tally tally;
  for (const auto& line : testing::gzip_lines(*golden / "prometheus-3.14-promql.ndjson.gz")) {
    auto answer = json::parse(line, nullptr, false);
    auto request = request_of(answer["params"]);
    if (!re2::RE2::PartialMatch(request.expression, filter)) continue;
    auto result = engine.query(Context(), queryable, request);
    tally.add(answer, request.expression,
              result ? compare_success(*result, request, answer)
                     : compare_failure(result.status(), answer));
  }
  tally.print(options);
  return tally.all_settled_equal() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  doctest::Context messages;  // of what finds the golden data
  messages.setAsDefaultForAssertsOutOfTestCases();
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument.starts_with("--filter=")) {
      options.filter = argument.substr(9);
    } else if (argument.starts_with("--limit=")) {
      options.limit = std::strtoull(argument.c_str() + 8, nullptr, 10);
    } else if (argument == "--list") {
      options.list = true;
    } else {
      std::fprintf(stderr, "usage: golden_queries [--filter=REGEX] [--list] [--limit=N]\n");
      return 2;
    }
  }
  return run(options);
}
