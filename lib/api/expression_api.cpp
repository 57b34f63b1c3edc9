// SPDX-License-Identifier: Apache-2.0
// What is said of an expression without evaluating it.
#include "api/expression_json.hpp"
#include "api/plan_json.hpp"
#include "api/query_api.hpp"
#include "base/json_text.hpp"
#include "promql/syntax/parser.hpp"
#include "promql/syntax/printer.hpp"

namespace mnemo::api {
namespace {

/// Errors have Prometheus' words; Thanos has neither call.
Result<promql::ExprPtr> expression_parameter(const FormValues& form, bool experimental) {
  auto options = experimental ? promql::ParserOptions::all_enabled() : promql::ParserOptions();
  auto expr = promql::parse_expression(form.get("query"), options);
  if (expr) return expr;
  return Status::invalid_argument("invalid parameter \"query\": " + expr.status().message());
}

Result<Answer> explained(const Explain& explain, const QueryRequest& request) {
  MNEMO_TRY(auto plan, explain(request));
  Answer answer;
  append_explanation(answer.data, plan);
  return answer;
}

}  // namespace

Result<Answer> QueryApi::format_query(const Context&, const ServerRequest& request) {
  MNEMO_TRY(auto expr, expression_parameter(request.form, options_.enable_experimental_functions));
  Answer answer;
  append_json_string(answer.data, promql::to_pretty_string(*expr));
  return answer;
}

Result<Answer> QueryApi::parse_query(const Context&, const ServerRequest& request) {
  MNEMO_TRY(auto expr, expression_parameter(request.form, options_.enable_experimental_functions));
  Answer answer;
  append_expression(answer.data, *expr);
  return answer;
}

Result<Answer> QueryApi::query_explain(const Context&, const ServerRequest& request) {
  MNEMO_TRY(auto query, instant_request(request.form));
  return explained(options_.explain, query);
}

Result<Answer> QueryApi::query_range_explain(const Context&, const ServerRequest& request) {
  MNEMO_TRY(auto query, range_request(request.form));
  return explained(options_.explain, query);
}

}  // namespace mnemo::api
