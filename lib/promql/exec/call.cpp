// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/call.hpp"

#include "promql/exec/label_sets.hpp"
#include "promql/exec/scalar_math.hpp"
#include "promql/exec/selector.hpp"
#include "promql/functions/elementwise.hpp"

#include <cmath>
#include <set>

namespace mnemo::promql {
namespace {

/// Leaves floats only, and drops the name.
void keep_floats(StepColumn& series, const QueryState& state) {
  state.drop_name(series);
  if (series.histograms.empty()) return;
  for (Cell& cell : series.cells) {
    if (cell == Cell::kHistogram) cell = Cell::kAbsent;
  }
  series.histograms.clear();
}

Result<OperatorPtr> map_floats(const CallPlan& plan, const Grid& grid, QueryState& state,
                               FloatFunction function) {
  const Plan& argument = *plan.arguments[0];
  MNEMO_TRY(OperatorPtr input, make_operator(argument, grid, state));
  return make_map_operator(
      std::move(input), labels_without_name(argument, state),
      [function, &state](StepColumn& series, Annotations&) {
        keep_floats(series, state);
        function(series.values);
      },
      state);
}

Result<OperatorPtr> map_histograms(const CallPlan& plan, const Grid& grid, QueryState& state,
                                   HistogramFunction function) {
  const Plan& argument = *plan.arguments[0];
  MNEMO_TRY(OperatorPtr input, make_operator(argument, grid, state));
  return make_map_operator(
      std::move(input), labels_without_name(argument, state),
      [function, &state](StepColumn& series, Annotations&) {
        series.drop_name = state.delayed_name_removal;
        if (!series.drop_name) series.labels = without_name(series.labels);
        for (size_t step = 0; step < series.steps(); ++step) {
          if (series.cells[step] == Cell::kFloat) {
            series.cells[step] = Cell::kAbsent;
          } else if (const FloatHistogram* histogram = series.histogram(step)) {
            series.set(step, function(*histogram));
          }
        }
        series.histograms.clear();
      },
      state);
}

/// A series without labels that has a value at every step.
template <typename Value>
OperatorPtr every_step(const Grid& grid, Value value) {
  return make_matrix_operator([grid, value](Annotations&) -> Result<StepMatrix> {
    StepMatrix result(1);
    result[0].reset(grid.count);
    for (size_t step = 0; step < grid.count; ++step) result[0].set(step, value(step));
    return result;
  });
}

Result<OperatorPtr> date(const CallPlan& plan, const Grid& grid, QueryState& state,
                         FloatFunction function) {
  if (!plan.arguments.empty()) return map_floats(plan, grid, state, function);
  return every_step(grid, [grid, function](size_t step) {
    int64_t seconds = grid.time(step) / 1000;
    auto value = static_cast<double>(seconds);
    function({&value, 1});
    return value;
  });
}

/// The functions of a vector and scalars: f(value, scalars at the step).
template <typename Function>
Result<OperatorPtr> map_with_scalars(const CallPlan& plan, const Grid& grid, QueryState& state,
                                     Function function) {
  const Plan& argument = *plan.arguments[0];
  Annotations of_scalars;
  std::vector<std::vector<double>> scalars;
  for (size_t i = 1; i < plan.arguments.size(); ++i) {
    MNEMO_TRY(auto values, evaluate_scalar(*plan.arguments[i], grid, state, of_scalars));
    scalars.push_back(std::move(values));
  }
  MNEMO_TRY(OperatorPtr input, make_operator(argument, grid, state));
  return make_map_operator(
      std::move(input), labels_without_name(argument, state),
      [scalars = std::move(scalars), function, &state](StepColumn& series, Annotations&) {
        keep_floats(series, state);
        function(series, scalars);
      },
      state, {}, std::move(of_scalars));
}

using Scalars = std::vector<std::vector<double>>;

void clamp(StepColumn& series, size_t step, double low, double high) {
  if (high < low) {
    series.cells[step] = Cell::kAbsent;
  } else {
    series.values[step] = max_of(low, min_of(high, series.values[step]));
  }
}

void clamp_both(StepColumn& series, const Scalars& scalars) {
  for (size_t i = 0; i < series.steps(); ++i) clamp(series, i, scalars[0][i], scalars[1][i]);
}

void clamp_low(StepColumn& series, const Scalars& scalars) {
  for (size_t i = 0; i < series.steps(); ++i) clamp(series, i, scalars[0][i], kInfinity);
}

void clamp_high(StepColumn& series, const Scalars& scalars) {
  for (size_t i = 0; i < series.steps(); ++i) clamp(series, i, -kInfinity, scalars[0][i]);
}

/// Ties go up. Multiplying by the inverse loses less than dividing.
void round_to(StepColumn& series, const Scalars& scalars) {
  for (size_t i = 0; i < series.steps(); ++i) {
    double inverse = scalars.empty() ? 1.0 : 1.0 / scalars[0][i];
    series.values[i] = std::floor(series.values[i] * inverse + 0.5) / inverse;
  }
}

Result<OperatorPtr> timestamp(const CallPlan& plan, const Grid& grid, QueryState& state) {
  const Plan& argument = *plan.arguments[0];
  OperatorPtr input;
  if (const auto* selector = plan_as_if<SelectorPlan>(&argument)) {
    input = make_selector_operator(*selector, SelectorValue::kTimestamp, grid, state);
  } else {
    MNEMO_TRY(input, make_operator(argument, grid, state));
  }
  bool is_selector = argument.kind == PlanKind::kSelector;
  return make_map_operator(
      std::move(input), labels_without_name(argument, state),
      [grid, is_selector, &state](StepColumn& series, Annotations&) {
        state.drop_name(series);
        for (size_t step = 0; step < series.steps() && !is_selector; ++step) {
          if (!series.present(step)) continue;
          series.set(step, static_cast<double>(grid.time(step)) / 1000);
        }
        series.histograms.clear();
      },
      state);
}

/// Nothing but of a selector, and nothing where start timestamps aren't used.
Result<OperatorPtr> start_timestamp(const CallPlan& plan, const Grid& grid, QueryState& state) {
  const Plan& argument = *plan.arguments[0];
  const auto* selector = plan_as_if<SelectorPlan>(&argument);
  bool known = selector && state.use_start_timestamps;
  OperatorPtr input;
  if (known) {
    input = make_selector_operator(*selector, SelectorValue::kStartTimestamp, grid, state);
  } else {
    MNEMO_TRY(input, make_operator(argument, grid, state));
  }
  return make_map_operator(
      std::move(input), labels_without_name(argument, state),
      [known, &state](StepColumn& series, Annotations&) {
        if (!known) series.reset(series.steps());
        state.drop_name(series);
      },
      state);
}

/// The value of the only float of a vector, NaN where there is none or more.
Result<StepMatrix> to_scalar(Operator& input, const Grid& grid, Annotations& annotations) {
  StepMatrix result(1);
  result[0].reset(grid.count);
  for (size_t step = 0; step < grid.count; ++step) result[0].set(step, kNan);
  std::vector<uint8_t> found(grid.count);
  StepColumn series;
  while (true) {
    MNEMO_TRY(bool more, input.next(series));
    if (!more) break;
    for (size_t step = 0; step < grid.count; ++step) {
      if (series.cells[step] != Cell::kFloat) continue;
      result[0].values[step] = found[step] ? kNan : series.values[step];
      found[step] = 1;
    }
  }
  input.annotate(annotations);
  return result;
}

Result<StepMatrix> absent(const Plan& argument, Operator& input, const Grid& grid,
                          Annotations& annotations) {
  StepMatrix result(1);
  result[0].labels = absent_labels(argument);
  result[0].reset(grid.count);
  for (size_t step = 0; step < grid.count; ++step) result[0].set(step, 1);
  StepColumn series;
  while (true) {
    MNEMO_TRY(bool more, input.next(series));
    if (!more) break;
    for (size_t step = 0; step < grid.count; ++step) {
      if (series.present(step)) result[0].cells[step] = Cell::kAbsent;
    }
  }
  input.annotate(annotations);
  return result;
}

/// An operator that makes a matrix of its input.
template <typename Make>
Result<OperatorPtr> from_input(const Plan& argument, const Grid& grid, QueryState& state,
                               Make make) {
  MNEMO_TRY(OperatorPtr input, make_operator(argument, grid, state));
  std::shared_ptr<Operator> shared = std::move(input);
  return make_matrix_operator(
      [shared, grid, make](Annotations& annotations) { return make(*shared, grid, annotations); });
}

Result<OperatorPtr> of_two_scalars(const CallPlan& plan, const Grid& grid, QueryState& state,
                                   double (*function)(double, double)) {
  return make_matrix_operator(
      [&plan, grid, &state, function](Annotations& annotations) -> Result<StepMatrix> {
        MNEMO_TRY(auto x, evaluate_scalar(*plan.arguments[0], grid, state, annotations));
        MNEMO_TRY(auto y, evaluate_scalar(*plan.arguments[1], grid, state, annotations));
        StepMatrix result(1);
        result[0].reset(grid.count);
        for (size_t step = 0; step < grid.count; ++step)
          result[0].set(step, function(x[step], y[step]));
        return result;
      });
}

Result<OperatorPtr> make_special(const CallPlan& plan, const Grid& grid, QueryState& state) {
  std::string_view name = plan.function->name;
  if (name == "clamp") return map_with_scalars(plan, grid, state, clamp_both);
  if (name == "clamp_min") return map_with_scalars(plan, grid, state, clamp_low);
  if (name == "clamp_max") return map_with_scalars(plan, grid, state, clamp_high);
  if (name == "round") return map_with_scalars(plan, grid, state, round_to);
  if (name == "timestamp") return timestamp(plan, grid, state);
  if (name == "start_timestamp") return start_timestamp(plan, grid, state);
  if (name == "vector") return make_operator(*plan.arguments[0], grid, state);
  if (name == "max_of") return of_two_scalars(plan, grid, state, max_of);
  if (name == "min_of") return of_two_scalars(plan, grid, state, min_of);
  if (name == "pi") return every_step(grid, [](size_t) { return 3.14159265358979323846; });
  if (name == "time") {
    return every_step(grid,
                      [grid](size_t step) { return static_cast<double>(grid.time(step)) / 1000; });
  }
  if (name == "scalar") {
    return from_input(*plan.arguments[0], grid, state,
                      [](Operator& input, const Grid& g, Annotations& annotations) {
                        return to_scalar(input, g, annotations);
                      });
  }
  if (name == "absent") {
    const Plan* argument = plan.arguments[0].get();
    return from_input(*argument, grid, state,
                      [argument](Operator& input, const Grid& g, Annotations& annotations) {
                        return absent(*argument, input, g, annotations);
                      });
  }
  return Status::unimplemented("function " + std::string(name) + " is not implemented");
}

}  // namespace

Labels absent_labels(const Plan& argument) {
  const auto* selector = plan_as_if<SelectorPlan>(&argument);
  if (const auto* range = plan_as_if<RangeSelectorPlan>(&argument))
    selector = range->selector.get();
  if (!selector) return {};
  LabelsBuilder builder;
  std::set<std::string_view> met;
  for (const auto& matcher : selector->matchers) {
    if (matcher.name() == kMetricName) continue;
    if (matcher.type() == MatchType::kEqual && !met.count(matcher.name())) {
      builder.set(matcher.name(), matcher.value());
      met.insert(matcher.name());
    } else {
      builder.remove(matcher.name());
    }
  }
  return builder.build();
}

Result<OperatorPtr> make_call_operator(const CallPlan& plan, const Grid& grid, QueryState& state) {
  std::string_view name = plan.function->name;
  MNEMO_TRY(OperatorPtr window, make_window_operator(plan, grid, state));
  if (window) return window;
  if (FloatFunction function = find_float_function(name)) {
    return map_floats(plan, grid, state, function);
  }
  if (FloatFunction function = find_date_function(name)) return date(plan, grid, state, function);
  if (HistogramFunction function = find_histogram_function(name)) {
    return map_histograms(plan, grid, state, function);
  }
  if (name == "label_replace" || name == "label_join") {
    return make_label_operator(plan, grid, state);
  }
  if (name == "histogram_quantile" || name == "histogram_quantiles" ||
      name == "histogram_fraction") {
    return make_histogram_operator(plan, grid, state);
  }
  if (name == "info") return make_info_operator(plan, grid, state);
  if (name.substr(0, 4) == "sort") return make_sort_operator(plan, grid, state);
  return make_special(plan, grid, state);
}

}  // namespace mnemo::promql
