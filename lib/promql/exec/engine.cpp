// SPDX-License-Identifier: Apache-2.0
#include <mnemo/promql.hpp>

#include "promql/exec/operator.hpp"
#include "promql/exec/sample_counter.hpp"
#include "promql/exec/selector.hpp"
#include "promql/functions/extended_windows.hpp"
#include "promql/plan/plan.hpp"
#include "promql/syntax/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace mnemo {
namespace {

using promql::Annotations;
using promql::Cell;
using promql::Grid;
using promql::Plan;
using promql::QueryState;
using promql::RangeSeries;
using promql::SampleCounter;
using promql::StepColumn;

Status check_request(const QueryRequest& request) {
  constexpr int64_t kLargestTime = int64_t{1} << 61;  // leaves room for ranges and offsets
  if (request.start_ms < -kLargestTime || request.end_ms > kLargestTime) {
    return Status::invalid_argument("start or end is out of range");
  }
  if (request.step_ms < 0) return Status::invalid_argument("step must not be negative");
  if (request.end_ms < request.start_ms) {
    return Status::invalid_argument("end timestamp must not be before start time");
  }
  return {};
}

void append_samples(const StepColumn& series, const Grid& grid, SampleColumn& out) {
  for (size_t step = 0; step < grid.count; ++step) {
    if (series.cells[step] == Cell::kFloat) out.append(grid.time(step), series.values[step]);
    if (series.cells[step] == Cell::kHistogram) {
      out.append(grid.time(step), series.histograms[step]);
    }
  }
}

uint64_t weight(const RangeSeries& series) {
  uint64_t samples = series.times.size();
  for (const auto& histogram : series.histograms) samples += promql::histogram_weight(*histogram);
  return samples;
}

/// An instant query for a range: raw samples of a selector, or the steps of a subquery.
Result<QueryResult> collect_ranges(const Plan& plan, const Grid& grid, QueryState& state,
                                   Annotations& annotations) {
  auto shape = promql::window_shape(plan, state.lookback_ms);
  MNEMO_TRY(auto source, promql::make_range_source(plan, shape, grid, state, grid.counter));
  bool counts = grid.counter != nullptr && plan.kind == promql::PlanKind::kRangeSelector;
  QueryResult result;
  RangeSeries series;
  while (true) {
    MNEMO_TRY(bool more, source->next(series));
    if (!more) break;
    if (shape.edges != promql::WindowEdges::kPlain) {
      MNEMO_RETURN_IF_ERROR(promql::extend_to_edges(shape, grid.start_ms, series));
    }
    if (series.size() == 0) continue;
    uint64_t samples = weight(series);
    MNEMO_RETURN_IF_ERROR(state.hold(samples));
    MNEMO_RETURN_IF_ERROR(state.hold_bytes(series.labels.memory_bytes()));
    if (counts) {
      grid.counter->add(0, samples);
      grid.counter->add_read(0, samples);
    }
    ResultSeries& out = result.series.emplace_back();
    out.labels = series.labels;
    size_t i = 0;
    size_t j = 0;
    while (i < series.times.size() || j < series.histogram_times.size()) {
      bool is_float = j == series.histogram_times.size() ||
                      (i < series.times.size() && series.times[i] <= series.histogram_times[j]);
      if (is_float) {
        out.samples.append(series.times[i], series.values[i]);
        ++i;
      } else {
        out.samples.append(series.histogram_times[j], series.histograms[j]);
        ++j;
      }
    }
  }
  source->annotate(annotations);
  return result;
}

Result<QueryResult> collect_steps(const Plan& plan, const Grid& grid, QueryState& state,
                                  Annotations& annotations) {
  MNEMO_TRY(auto input, promql::make_operator(plan, grid, state));
  QueryResult result;
  StepColumn series;
  while (true) {
    MNEMO_RETURN_IF_ERROR(state.context.check());
    MNEMO_TRY(bool more, input->next(series));
    if (!more) break;
    MNEMO_RETURN_IF_ERROR(state.hold(series));
    ResultSeries& out = result.series.emplace_back();
    out.labels = series.labels;
    append_samples(series, grid, out.samples);
  }
  input->annotate(annotations);
  return result;
}

const Plan& without_invariance(const Plan& plan) {
  const auto* invariant = promql::plan_as_if<promql::StepInvariantPlan>(&plan);
  return invariant ? *invariant->expr : plan;
}

Result<QueryResult> collect(const Plan& plan, const Grid& grid, QueryState& state,
                            Annotations& annotations) {
  if (const auto* text = promql::plan_as_if<promql::StringPlan>(&plan)) {
    QueryResult result;
    result.string_value = text->value;
    return result;
  }
  bool is_range = plan.type == ValueType::kMatrix;
  return is_range ? collect_ranges(without_invariance(plan), grid, state, annotations)
                  : collect_steps(plan, grid, state, annotations);
}

void sort_by_labels(std::vector<ResultSeries>& series) {
  std::stable_sort(series.begin(), series.end(), [](const ResultSeries& a, const ResultSeries& b) {
    return a.labels < b.labels;
  });
}

void take_counts(const SampleCounter& counter, QueryStatistics& statistics) {
  statistics.queryable_samples = counter.total();
  statistics.queryable_samples_per_step = counter.per_step();
  statistics.queryable_samples_read = counter.read();
  statistics.queryable_samples_read_per_step = counter.read_per_step();
}

struct Prepared {
  promql::PlanPtr plan;
  ValueType type = ValueType::kVector;
};

/// Parses and plans.
Result<Prepared> prepare(const EngineOptions& options, const QueryRequest& request) {
  MNEMO_RETURN_IF_ERROR(check_request(request));
  promql::ParserOptions syntax;
  if (options.enable_experimental_functions) syntax = promql::ParserOptions::all_enabled();
  syntax.enable_x_functions = options.enable_x_functions;
  MNEMO_TRY(auto expr, promql::parse_expression(request.expression, syntax));
  bool is_series = expr->type == ValueType::kVector || expr->type == ValueType::kScalar;
  if (!request.is_instant() && !is_series) {
    std::string type = expr->type == ValueType::kMatrix ? "range vector" : "string";
    return Status::invalid_argument("invalid expression type \"" + type +
                                    "\" for range query, must be Scalar or instant Vector");
  }
  Prepared prepared;
  prepared.type = expr->type;
  MNEMO_TRY(prepared.plan,
            promql::make_plan(
                *expr, {request.start_ms, request.end_ms, request.step_ms,
                        options.default_subquery_step_ms, options.enable_delayed_name_removal}));
  return prepared;
}

}  // namespace

std::string_view value_type_name(ValueType type) {
  switch (type) {
    case ValueType::kScalar: return "scalar";
    case ValueType::kVector: return "vector";
    case ValueType::kMatrix: return "matrix";
    case ValueType::kString: return "string";
  }
  return "none";
}

Engine::Engine(EngineOptions options) : options_(std::move(options)) {}

Result<QueryResult> Engine::query(const Context& context, Queryable& queryable,
                                  const QueryRequest& request) const {
  MNEMO_RETURN_IF_ERROR(context.check());
  auto begin = std::chrono::steady_clock::now();
  MNEMO_TRY(auto query, prepare(options_, request));
  Grid grid = request.is_instant()
                  ? Grid{request.start_ms, 1, 1}
                  : Grid::between(request.start_ms, request.end_ms, request.step_ms);
  if (options_.max_steps > 0 && grid.count > options_.max_steps) {
    return Status::resource_exhausted(fmt::format(
        "the query has {} steps, the limit is max_steps {}", grid.count, options_.max_steps));
  }
  int64_t lookback =
      request.lookback_delta_ms > 0 ? request.lookback_delta_ms : options_.lookback_delta_ms;
  QueryState state{context, queryable, options_.executor.get(), lookback, options_.max_samples};
  state.max_series = options_.max_series;
  state.max_bytes = options_.max_bytes;
  state.delayed_name_removal = options_.enable_delayed_name_removal;
  state.type_and_unit_labels = options_.enable_type_and_unit_labels;
  state.use_start_timestamps = options_.use_start_timestamps;
  std::optional<SampleCounter> counter;
  if (request.count_samples && grid.count <= options_.max_samples) {
    grid.counter = &counter.emplace(grid.count);
  }
  promql::PlanCosts costs;
  if (request.analyze) state.costs = &costs;
  Annotations annotations;
  auto prepared = std::chrono::steady_clock::now();
  MNEMO_TRY(QueryResult result, collect(*query.plan, grid, state, annotations));
  auto evaluated = std::chrono::steady_clock::now();
  result.type = request.is_instant() ? query.type : ValueType::kMatrix;
  if (result.type == ValueType::kMatrix) sort_by_labels(result.series);
  annotations.render(request.expression, result.warnings, result.infos);
  result.statistics = state.statistics;
  if (request.analyze) result.analysis = promql::describe(*query.plan, costs);
  if (counter) take_counts(*counter, result.statistics);
  result.statistics.preparation_time = prepared - begin;
  result.statistics.evaluation_time = evaluated - prepared;
  result.statistics.sort_time = std::chrono::steady_clock::now() - evaluated;
  return result;
}

Result<PlanNode> Engine::explain(const QueryRequest& request) const {
  MNEMO_TRY(auto query, prepare(options_, request));
  return promql::describe(*query.plan);
}

}  // namespace mnemo
