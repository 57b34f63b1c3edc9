// SPDX-License-Identifier: Apache-2.0
#include "api/plan_json.hpp"

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

}  // namespace

void append_explanation(std::string& out, const PlanNode& plan) { append_plan(out, plan, false); }

void append_analysis(std::string& out, const PlanNode& plan) { append_plan(out, plan, true); }

}  // namespace mnemo::api
