// SPDX-License-Identifier: Apache-2.0
#include "runner.hpp"

#include "compare.hpp"
#include "load.hpp"
#include "script.hpp"

#include "promql/syntax/functions.hpp"
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mnemo::promqltest {
namespace {

using promql::as_if;
using promql::Expr;

constexpr int64_t kMinute = 60'000;

/// Functions whose result depends on when they are evaluated, whatever their arguments are.
bool depends_on_time(std::string_view function) {
  static constexpr std::array<std::string_view, 15> kFunctions = {
      "days_in_month", "day_of_month", "day_of_week", "day_of_year", "end",
      "hour",          "minute",       "month",       "year",        "predict_linear",
      "range",         "start",        "step",        "time",        "timestamp"};
  return std::find(kFunctions.begin(), kFunctions.end(), function) != kFunctions.end();
}

/// Sets `@ time` on selectors and subqueries that have none, but not inside a subquery that has.
/// Returns false where the expression depends on time all the same.
bool pin(Expr& expr, int64_t time) {
  if (auto* selector = as_if<promql::VectorSelector>(&expr)) {
    if (!selector->modifiers.at_ms) selector->modifiers.at_ms = time;
    return true;
  }
  if (auto* matrix = as_if<promql::MatrixSelector>(&expr)) return pin(*matrix->selector, time);
  if (auto* subquery = as_if<promql::SubqueryExpr>(&expr)) {
    subquery->modifiers.at_ms = subquery->modifiers.at_ms.value_or(time);
    return true;
  }
  const auto* call = as_if<promql::Call>(&expr);
  bool pinned = !call || !depends_on_time(call->function->name);
  for (const Expr* child : promql::children(expr)) {
    if (!pin(const_cast<Expr&>(*child), time)) pinned = false;
  }
  return pinned;
}

/// One way of asking for what an instant evaluation expects.
struct Variant {
  std::string expression;
  int64_t time;
};

/// The evaluation itself, and, with every selector pinned to its time, the same at other times.
std::vector<Variant> instant_variants(const EvalCommand& eval) {
  std::vector<Variant> variants = {{eval.expression, eval.eval_ms}};
  auto expr = promql::parse_expression(eval.expression, promql::ParserOptions::all_enabled());
  if (!expr || !pin(**expr, eval.eval_ms)) return variants;
  std::string pinned = promql::to_string(**expr);
  int64_t time = eval.eval_ms;
  if (time == 0) {
    for (int64_t other : {-1000, 0, 1000}) variants.push_back({pinned, other});
  } else {
    for (int64_t other : {-10 * time, int64_t{0}, time / 5, time, 10 * time}) {
      variants.push_back({pinned, other});
    }
  }
  return variants;
}

bool depends_on_query_range(std::string_view expression) {
  for (std::string_view call : {"start()", "end()", "range()", "step()"}) {
    if (expression.find(call) != std::string_view::npos) return true;
  }
  return false;
}

class Runner {
 public:
  Runner(const Context& context, const Engine& engine) : context_(context), engine_(engine) {}

  Status run(const Command& command);

 private:
  Result<QueryResult> query(const std::string& expression, int64_t start, int64_t end,
                            int64_t step);
  Status evaluate(const EvalCommand& eval);
  Status evaluate_range(const EvalCommand& eval);
  Status evaluate_instant(const EvalCommand& eval, const Variant& variant);
  Status evaluate_as_range(const EvalCommand& eval, const Variant& variant, ValueType type);

  const Context& context_;
  const Engine& engine_;
  MemoryQueryable storage_;
};

Status Runner::run(const Command& command) {
  if (std::holds_alternative<ClearCommand>(command.what)) {
    storage_.clear();
    return {};
  }
  if (const auto* load = std::get_if<LoadCommand>(&command.what)) {
    return apply_load(*load, storage_);
  }
  return evaluate(std::get<EvalCommand>(command.what));
}

Result<QueryResult> Runner::query(const std::string& expression, int64_t start, int64_t end,
                                  int64_t step) {
  QueryRequest request;
  request.expression = expression;
  request.start_ms = start;
  request.end_ms = end;
  request.step_ms = step;
  return engine_.query(context_, storage_, request);
}

/// Whether a failure is the one that was expected.
Status check_failure(const EvalCommand& eval, const Status& failure) {
  auto found = eval.expectations.find(ExpectKind::kFail);
  if (found == eval.expectations.end()) return failure.with_context("error evaluating the query");
  const auto& expected = found->second.front();
  if (expected.matches(failure.message())) return {};
  return Status::failed_precondition(fmt::format("expected an error matching \"{}\", but got: {}",
                                                 expected.to_string(), failure.message()));
}

Status check_result(const EvalCommand& eval, const QueryResult& result) {
  if (eval.expects(ExpectKind::kFail)) {
    return Status::failed_precondition("expected an error, but got none");
  }
  MNEMO_RETURN_IF_ERROR(compare_annotations(eval, result));
  return compare_result(eval, result);
}

Status Runner::evaluate(const EvalCommand& eval) {
  if (eval.is_range) return evaluate_range(eval);
  for (const auto& variant : instant_variants(eval)) {
    MNEMO_RETURN_IF_ERROR(
        evaluate_instant(eval, variant)
            .with_context(fmt::format("{} at {} ms", variant.expression, variant.time)));
  }
  return {};
}

Status Runner::evaluate_range(const EvalCommand& eval) {
  auto result = query(eval.expression, eval.start_ms, eval.end_ms, eval.step_ms);
  Status status = result ? check_result(eval, *result) : check_failure(eval, result.status());
  return status.with_context(eval.expression);
}

Status Runner::evaluate_instant(const EvalCommand& eval, const Variant& variant) {
  auto result = query(variant.expression, variant.time, variant.time, 0);
  if (!result) return check_failure(eval, result.status());
  MNEMO_RETURN_IF_ERROR(check_result(eval, *result));
  if (eval.only_instant || depends_on_query_range(variant.expression)) return {};
  return evaluate_as_range(eval, variant, result->type).with_context("as a range query");
}

/// The same as the middle step of three.
Status Runner::evaluate_as_range(const EvalCommand& eval, const Variant& variant, ValueType type) {
  MNEMO_TRY(QueryResult range,
            query(variant.expression, variant.time - kMinute, variant.time + kMinute, kMinute));
  if (eval.expects(ExpectKind::kOrdered)) return {};  // a matrix has an order of its own
  QueryResult middle;
  middle.type = type;
  for (const auto& series : range.series) {
    const auto& times = series.samples.times;
    auto found = std::find(times.begin(), times.end(), variant.time);
    if (found == times.end()) continue;
    ResultSeries sample;
    sample.labels = series.labels;
    sample.samples.append_from(series.samples, static_cast<size_t>(found - times.begin()));
    middle.series.push_back(std::move(sample));
  }
  return compare_result(eval, middle);
}

}  // namespace

Result<Report> run_script(const Context& context, const Engine& engine, std::string_view text) {
  MNEMO_TRY(auto commands, parse_script(text));
  Runner runner(context, engine);
  Report report;
  for (const auto& command : commands) {
    MNEMO_RETURN_IF_ERROR(context.check());
    if (std::holds_alternative<EvalCommand>(command.what)) ++report.evaluations;
    Status status = runner.run(command);
    if (!status.ok()) report.failures.push_back({command.line, status.message()});
  }
  return report;
}

EngineOptions script_engine_options() {
  EngineOptions options;
  options.enable_experimental_functions = true;
  options.enable_delayed_name_removal = true;
  options.use_start_timestamps = true;
  return options;
}

}  // namespace mnemo::promqltest
