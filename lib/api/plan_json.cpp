// SPDX-License-Identifier: Apache-2.0
#include "api/plan_json.hpp"

#include "api/query_api.hpp"
#include "base/json_text.hpp"

#include <fmt/format.h>

namespace mnemo::api {
namespace {

void append_plan(std::string& out, const PlanNode& plan, bool measured) {
  out += "{\"name\":";
  append_json_string(out, plan.name);
  if (measured) {
    double milliseconds = std::chrono::duration<double, std::milli>(plan.time).count();
    out += fmt::format(R"(,"executionTime":"{}ms","series":{})", milliseconds, plan.series);
  }
  if (!plan.inputs.empty()) {
    out += ",\"children\":[";
    for (const auto& input : plan.inputs) {
      if (out.back() != '[') out += ',';
      append_plan(out, input, measured);
    }
    out += ']';
  }
  out += '}';
}

Result<Answer> explained(const Explain& explain, const QueryRequest& request) {
  MNEMO_TRY(auto plan, explain(request));
  Answer answer;
  append_explanation(answer.data, plan);
  return answer;
}

}  // namespace

void append_explanation(std::string& out, const PlanNode& plan) { append_plan(out, plan, false); }

void append_analysis(std::string& out, const PlanNode& plan) { append_plan(out, plan, true); }

Result<Answer> QueryApi::query_explain(const Context&, const ServerRequest& request) {
  MNEMO_TRY(auto query, instant_request(request.form));
  return explained(options_.explain, query);
}

Result<Answer> QueryApi::query_range_explain(const Context&, const ServerRequest& request) {
  MNEMO_TRY(auto query, range_request(request.form));
  return explained(options_.explain, query);
}

}  // namespace mnemo::api
