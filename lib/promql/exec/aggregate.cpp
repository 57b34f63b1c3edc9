// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/aggregate.hpp"

#include "base/number_text.hpp"
#include "base/quote.hpp"
#include "base/utf8.hpp"
#include "model/histogram_text.hpp"
#include "promql/exec/accumulators.hpp"
#include "promql/exec/label_sets.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace mnemo::promql {
namespace {

/// Says where the quantiles lie outside of what they should.
void check_quantiles(const std::vector<double>& quantiles, PositionRange position,
                     Annotations& annotations) {
  double above = 1;
  double below = 0;
  bool any_nan = false;
  for (double q : quantiles) {
    any_nan = any_nan || std::isnan(q);
    if (q > above) above = q;
    if (q < below) below = q;
  }
  if (any_nan) annotations.warn(quantile_warning(std::nan("")), position);
  if (any_nan && quantiles.size() > 1) return;  // then neither bound is known
  if (above > 1) annotations.warn(quantile_warning(above), position);
  if (below < 0) annotations.warn(quantile_warning(below), position);
}

/// Whether the name of a group, if it is grouped by, is to be dropped: at its last step any of the
/// series says so.
struct GroupName {
  size_t last_step = 0;
  bool drop = false;

  void meet(const StepColumn& series) {
    size_t last = series.steps();
    while (last > 0 && !series.present(last - 1)) --last;
    if (last > last_step) drop = false;
    if (last >= last_step) drop = drop || series.drop_name;
    last_step = std::max(last_step, last);
  }
};

/// One series a group: series are folded into it as they come.
Result<StepMatrix> fold(const AggregatePlan& plan, const Grid& grid, Operator& input,
                        QueryState& state, Annotations& annotations) {
  std::vector<double> parameter;
  Annotations own;
  if (plan.parameter) {
    MNEMO_TRY(parameter, evaluate_scalar(*plan.parameter, grid, state, annotations));
    if (plan.op == AggregateOp::kQuantile) {
      check_quantiles(parameter, plan.parameter->position, own);
    }
  }
  auto accumulator = make_accumulator(plan, grid.count, std::move(parameter));
  GroupNumbers numbers(plan);
  std::vector<GroupName> names;
  StepColumn series;
  while (true) {
    MNEMO_RETURN_IF_ERROR(state.context.check());
    MNEMO_TRY(bool more, input.next(series));
    if (!more) break;
    size_t known = numbers.count();
    size_t group = numbers.of(series.labels);
    if (numbers.count() > known) {
      MNEMO_RETURN_IF_ERROR(state.hold(grid.count));
      accumulator->add_group();
    }
    if (plan.op == AggregateOp::kQuantile) {
      MNEMO_RETURN_IF_ERROR(state.hold(series.present_count()));
    }
    if (state.delayed_name_removal) {
      names.resize(numbers.count());
      names[group].meet(series);
    }
    accumulator->add(group, series, own);
  }
  input.annotate(annotations);
  StepMatrix result(numbers.count());
  for (size_t group = 0; group < result.size(); ++group) {
    result[group].labels = numbers.labels(group);
    result[group].reset(grid.count);
    if (state.delayed_name_removal) result[group].drop_name = names[group].drop;
    accumulator->finish(group, result[group], own);
  }
  annotations.merge(own);
  return result;
}

/// One series for each value that occurs in a group.
Result<StepMatrix> count_values(const AggregatePlan& plan, const Grid& grid, Operator& input,
                                QueryState& state, Annotations& annotations) {
  const std::string& label = plan_as<StringPlan>(*plan.parameter).value;
  if (label.empty() || !is_valid_utf8(label)) {
    return Status::failed_precondition("invalid label name " + go_quoted(label));
  }
  std::vector<std::string> grouping = plan.grouping;
  if (!plan.without) grouping = sorted_with(std::move(grouping), label);
  std::vector<std::string> dropped = sorted_with(plan.grouping, kMetricName);
  std::unordered_map<Labels, size_t, LabelsHash> positions;
  StepMatrix result;
  StepColumn series;
  LabelsBuilder builder;
  while (true) {
    MNEMO_RETURN_IF_ERROR(state.context.check());
    MNEMO_TRY(bool more, input.next(series));
    if (!more) break;
    for (size_t step = 0; step < grid.count; ++step) {
      if (!series.present(step)) continue;
      const FloatHistogram* histogram = series.histogram(step);
      builder.reset(series.labels);
      builder.set(label, histogram ? to_string(*histogram) : float_fixed(series.values[step]));
      Labels labels = builder.build();
      labels = plan.without ? drop_labels(labels, dropped) : keep_labels(labels, grouping);
      auto [at, is_new] = positions.try_emplace(labels, result.size());
      if (is_new) {
        MNEMO_RETURN_IF_ERROR(state.hold(grid.count));
        result.emplace_back();
        result.back().labels = std::move(labels);
        result.back().reset(grid.count);
      }
      StepColumn& counts = result[at->second];
      counts.set(step, counts.present(step) ? counts.values[step] + 1 : 1.0);
    }
  }
  input.annotate(annotations);
  return result;
}

Result<StepMatrix> choose(const AggregatePlan& plan, const Grid& grid, Operator& input,
                          QueryState& state, Annotations& annotations) {
  MNEMO_TRY(auto parameter, evaluate_scalar(*plan.parameter, grid, state, annotations));
  MNEMO_TRY(StepMatrix series, drain(input, state));
  input.annotate(annotations);
  return select_series(state.context, plan, grid, std::move(series), parameter, annotations);
}

}  // namespace

size_t GroupNumbers::of(const Labels& labels) {
  if (!plan_.without && plan_.grouping.empty() && !labels_.empty()) return 0;
  group_.clear();
  auto grouping = plan_.grouping.begin();
  for (const auto& label : labels) {
    while (grouping != plan_.grouping.end() && *grouping < label.name) ++grouping;
    bool named = grouping != plan_.grouping.end() && *grouping == label.name;
    bool kept = plan_.without ? !named && label.name != kMetricName : named;
    if (kept) group_.append(label.name, label.value);
  }
  auto found = numbers_.find(group_.labels());
  if (found != numbers_.end()) return found->second;
  numbers_.emplace(group_.labels(), labels_.size());
  labels_.push_back(group_.labels());
  return labels_.size() - 1;
}

Result<OperatorPtr> make_aggregate_operator(const AggregatePlan& plan, const Grid& grid,
                                            QueryState& state) {
  MNEMO_TRY(std::shared_ptr<Operator> input, make_operator(*plan.expr, grid, state));
  return make_matrix_operator([&plan, grid, input, &state](Annotations& annotations) {
    switch (plan.op) {
      case AggregateOp::kCountValues: return count_values(plan, grid, *input, state, annotations);
      case AggregateOp::kTopk:
      case AggregateOp::kBottomk:
      case AggregateOp::kLimitk:
      case AggregateOp::kLimitRatio: return choose(plan, grid, *input, state, annotations);
      default: return fold(plan, grid, *input, state, annotations);
    }
  });
}

}  // namespace mnemo::promql
