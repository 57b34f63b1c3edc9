// SPDX-License-Identifier: Apache-2.0
// info(): adds labels of info series to the series that share their instance and job.
#include "promql/exec/call.hpp"
#include "promql/exec/first_failure.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/exec/selector.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

namespace mnemo::promql {
namespace {

constexpr int32_t kNone = -1;

/// The second argument: which info metrics are looked at, and which of their labels are taken.
struct InfoSelector {
  std::vector<Matcher> names;
  std::vector<Matcher> data;  // none: all labels are taken

  bool takes(std::string_view label) const {
    return data.empty() || std::any_of(data.begin(), data.end(), [&](const Matcher& matcher) {
             return matcher.name() == label;
           });
  }
  /// Whether a series without info series is left as it is, or left out.
  bool keeps_unmatched() const {
    return std::all_of(data.begin(), data.end(),
                       [](const Matcher& matcher) { return matcher.matches_empty(); });
  }
};

Result<InfoSelector> read_selector(const CallPlan& plan) {
  InfoSelector selector;
  bool any_positive = false;
  if (plan.arguments.size() > 1) {
    for (const Matcher& matcher : plan_as<SelectorPlan>(*plan.arguments[1]).matchers) {
      bool is_name = matcher.name() == kMetricName;
      (is_name ? selector.names : selector.data).push_back(matcher);
      bool is_positive = matcher.type() == MatchType::kEqual || matcher.type() == MatchType::kRegex;
      any_positive = any_positive || (is_name && is_positive);
    }
  }
  if (selector.names.empty()) {
    selector.names.push_back(Matcher::equal(kMetricName, "target_info"));
  } else if (!any_positive) {
    MNEMO_TRY(Matcher info, Matcher::regex(kMetricName, ".+_info"));
    selector.names.push_back(std::move(info));
  }
  return selector;
}

std::optional<TimeShift> first_shift(const Plan* plan);

std::optional<TimeShift> first_shift_of(const std::vector<const Plan*>& plans) {
  for (const Plan* plan : plans) {
    if (auto shift = first_shift(plan)) return shift;
  }
  return std::nullopt;
}

/// Where the first selector of an expression looks, with what subqueries around it add up to the
/// first `@`. Info series are looked up there too.
std::optional<TimeShift> first_shift(const Plan* plan) {
  if (!plan) return std::nullopt;
  switch (plan->kind) {
    case PlanKind::kSelector: return plan_as<SelectorPlan>(*plan).shift;
    case PlanKind::kRangeSelector: return plan_as<RangeSelectorPlan>(*plan).selector->shift;
    case PlanKind::kNegation: return first_shift(plan_as<NegationPlan>(*plan).expr.get());
    case PlanKind::kStepInvariant: return first_shift(plan_as<StepInvariantPlan>(*plan).expr.get());
    case PlanKind::kNameRemoval: return first_shift(plan_as<NameRemovalPlan>(*plan).expr.get());
    case PlanKind::kSubquery: {
      const auto& subquery = plan_as<SubqueryPlan>(*plan);
      auto shift = first_shift(subquery.expr.get());
      if (!shift || shift->is_fixed()) return shift;
      return TimeShift{shift->offset_ms + subquery.shift.offset_ms, subquery.shift.at_ms};
    }
    case PlanKind::kBinary: {
      const auto& binary = plan_as<BinaryPlan>(*plan);
      return first_shift_of({binary.left.get(), binary.right.get()});
    }
    case PlanKind::kAggregate: {
      const auto& aggregate = plan_as<AggregatePlan>(*plan);
      return first_shift_of({aggregate.expr.get(), aggregate.parameter.get()});
    }
    case PlanKind::kCall: {
      std::vector<const Plan*> arguments;
      for (const auto& argument : plan_as<CallPlan>(*plan).arguments) {
        arguments.push_back(argument.get());
      }
      return first_shift_of(arguments);
    }
    case PlanKind::kNumber:
    case PlanKind::kString: break;
  }
  return std::nullopt;
}

/// Series and info series of one evaluation.
struct InfoInput {
  std::vector<std::string> identity = {"instance", "job"};  // labels that both must share; sorted
  StepMatrix base;
  std::vector<bool> is_info;  // of `base`: they are left as they are
  StepMatrix infos;           // values are the times of their samples, in seconds
  InfoSelector selector;
};

/// The values of a label that series have, and a condition that selects them.
struct LabelValues {
  std::string name;
  std::set<std::string_view> values;

  bool contain(const StepColumn& series) const { return values.contains(series.labels.get(name)); }

  /// Where there are too many for a regular expression: any value at all.
  Matcher matcher() const {
    std::string expression;
    for (std::string_view value : values) {
      if (!expression.empty()) expression += '|';
      expression += re2::RE2::QuoteMeta({value.data(), value.size()});
    }
    auto exact = Matcher::regex(name, expression);
    return exact ? *std::move(exact) : Matcher::not_equal(name, "");
  }
};

/// What the identifying labels of the base series are; those that none has are left out.
std::vector<LabelValues> identities(const InfoInput& input) {
  std::vector<LabelValues> result;
  for (const std::string& name : input.identity) {
    LabelValues label{name, {}};
    for (size_t i = 0; i < input.base.size(); ++i) {
      if (!input.is_info[i]) label.values.insert(input.base[i].labels.get(name));
    }
    label.values.erase("");
    if (!label.values.empty()) result.push_back(std::move(label));
  }
  return result;
}

/// Selects the info series that have an instance and a job of the base series.
Status fetch_infos(const TimeShift& shift, const Grid& grid, QueryState& state, InfoInput& input,
                   Annotations& annotations) {
  std::vector<LabelValues> labels = identities(input);
  if (labels.empty()) return {};
  SelectorPlan plan;
  plan.shift = shift;
  plan.hints.func = "info";
  for (const LabelValues& label : labels) plan.matchers.push_back(label.matcher());
  for (const auto* matchers : {&input.selector.data, &input.selector.names}) {
    plan.matchers.insert(plan.matchers.end(), matchers->begin(), matchers->end());
  }
  OperatorPtr source = make_selector_operator(plan, SelectorValue::kFloatTimestamp, grid, state);
  MNEMO_TRY(input.infos, drain(*source, state));
  source->annotate(annotations);
  std::erase_if(input.infos, [&](const StepColumn& info) {
    return std::any_of(labels.begin(), labels.end(),
                       [&](const LabelValues& label) { return !label.contain(info); });
  });
  for (const StepColumn& info : input.infos) {
    if (info.histograms.empty()) continue;
    return Status::failed_precondition("this should be an info metric, with float samples: " +
                                       info.labels.to_string());
  }
  return {};
}

/// Joins them. For each info metric and each instance and job there is one info series at a step:
/// that whose sample is the latest.
class InfoJoin {
 public:
  InfoJoin(const Context& context, InfoInput& input, size_t steps)
      : context_(context), input_(input), steps_(steps) {}

  Result<StepMatrix> run() {
    MNEMO_RETURN_IF_ERROR(find_latest());
    for (size_t i = 0; i < input_.base.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(context_.check());
      if (input_.is_info[i]) {
        results_.push_back(std::move(input_.base[i]));
      } else {
        join(input_.base[i]);
      }
    }
    if (failure_.step != SIZE_MAX) return failure_.status;
    return merge_same_labels(std::move(results_));
  }

 private:
  /// The info series of one metric with one instance and job.
  struct Group {
    std::vector<int32_t> latest;  // at each step: position in infos, or kNone
  };
  using GroupNumbers = std::unordered_map<Labels, size_t, LabelsHash>;

  /// What a base series becomes at some steps.
  struct Variant {
    std::vector<int32_t> infos;  // of each info metric, or kNone
    Labels labels;
    bool kept = true;
  };

  Status find_latest() {
    std::vector<uint8_t> base_present(steps_);
    for (const StepColumn& series : input_.base) {
      for (size_t step = 0; step < steps_; ++step) base_present[step] |= series.present(step);
    }
    for (const StepColumn& info : input_.infos) {
      metrics_.try_emplace(std::string(info.labels.get(kMetricName)));
    }
    for (size_t i = 0; i < input_.infos.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(context_.check());
      const StepColumn& info = input_.infos[i];
      GroupNumbers& numbers = metrics_.find(info.labels.get(kMetricName))->second;
      Labels key = keep_labels(info.labels, input_.identity);
      auto [at, is_new] = numbers.try_emplace(std::move(key), groups_.size());
      if (is_new) groups_.push_back({std::vector<int32_t>(steps_, kNone)});
      for (size_t step = 0; step < steps_; ++step) {
        if (!info.present(step) || !base_present[step]) continue;
        choose(groups_[at->second].latest[step], static_cast<int32_t>(i), step);
      }
    }
    return {};
  }

  void choose(int32_t& latest, int32_t i, size_t step) {
    if (latest == kNone) {
      latest = i;
      return;
    }
    const StepColumn& before = info(latest);
    const StepColumn& now = info(i);
    if (before.values[step] == now.values[step]) {
      failure_.meet(step, [&] {
        std::string time = std::to_string(std::llround(now.values[step] * 1000));
        return Status::failed_precondition("found duplicate series for info metric: existing " +
                                           before.labels.to_string() + " @ " + time + ", new " +
                                           now.labels.to_string() + " @ " + time);
      });
    }
    if (before.values[step] < now.values[step]) latest = i;
  }

  void join(StepColumn& base) {
    Labels key = keep_labels(base.labels, input_.identity);
    std::vector<const Group*> groups;  // of each info metric; null: it has none for this series
    for (const auto& [name, numbers] : metrics_) {
      auto found = numbers.find(key);
      groups.push_back(found == numbers.end() ? nullptr : &groups_[found->second]);
    }
    std::vector<Variant> variants;
    std::vector<uint32_t> of_step(steps_);
    std::vector<int32_t> infos(groups.size());
    uint32_t variant = 0;
    for (size_t step = 0; step < steps_; ++step) {
      if (!base.present(step)) continue;
      for (size_t i = 0; i < groups.size(); ++i) {
        infos[i] = groups[i] ? groups[i]->latest[step] : kNone;
      }
      if (variants.empty() || variants[variant].infos != infos) {
        variant = variant_for(base, infos, step, variants);
      }
      of_step[step] = variant;
    }
    split(base, variants, of_step);
  }

  uint32_t variant_for(const StepColumn& base, const std::vector<int32_t>& infos, size_t step,
                       std::vector<Variant>& variants) {
    auto found = std::find_if(variants.begin(), variants.end(),
                              [&](const Variant& variant) { return variant.infos == infos; });
    if (found == variants.end()) {
      variants.push_back({infos, base.labels, true});
      enrich(variants.back(), step);
      return static_cast<uint32_t>(variants.size() - 1);
    }
    return static_cast<uint32_t>(found - variants.begin());
  }

  /// Adds to the labels of a variant what its info series have beside them.
  void enrich(Variant& variant, size_t step) {
    bool any = false;
    LabelsBuilder labels(variant.labels);
    for (int32_t i : variant.infos) {
      if (i == kNone) continue;
      any = true;
      for (const LabelView& label : info(i).labels) {
        bool is_data = label.name != kMetricName && input_.selector.takes(label.name);
        if (!is_data || variant.labels.has(label.name)) continue;
        std::string_view other = labels.get(label.name);
        if (!other.empty() && other != label.value) {
          failure_.meet(step, [&] {
            return Status::failed_precondition("conflicting label: " + std::string(label.name));
          });
        }
        labels.set(label.name, label.value);
      }
    }
    variant.kept = any || input_.selector.keeps_unmatched();
    variant.labels = labels.build();
  }

  void split(StepColumn& base, const std::vector<Variant>& variants,
             const std::vector<uint32_t>& of_step) {
    for (uint32_t i = 0; i < variants.size(); ++i) {
      if (!variants[i].kept) continue;
      if (variants.size() == 1) {
        base.labels = variants[i].labels;
        results_.push_back(std::move(base));
        return;
      }
      StepColumn& result = results_.emplace_back();
      result.labels = variants[i].labels;
      result.reset(steps_);
      result.drop_name = base.drop_name;
      for (size_t step = 0; step < steps_; ++step) {
        if (of_step[step] == i) result.copy_cell(step, base, step);
      }
    }
  }

  const StepColumn& info(int32_t i) const { return input_.infos[static_cast<size_t>(i)]; }

  const Context& context_;
  InfoInput& input_;
  size_t steps_;
  std::map<std::string, GroupNumbers, std::less<>> metrics_;  // groups of each, by instance and job
  std::vector<Group> groups_;
  StepMatrix results_;
  FirstFailure failure_;
};

Result<StepMatrix> evaluate(const CallPlan& plan, const Grid& grid, QueryState& state,
                            Annotations& annotations) {
  InfoInput input;
  MNEMO_TRY(input.selector, read_selector(plan));
  const Plan& argument = *plan.arguments[0];
  MNEMO_TRY(OperatorPtr source, make_operator(argument, grid, state));
  MNEMO_TRY(input.base, drain(*source, state));
  source->annotate(annotations);
  for (const StepColumn& series : input.base) {
    input.is_info.push_back(matches_all(input.selector.names, series.labels));
  }
  TimeShift shift = first_shift(&argument).value_or(TimeShift{});
  MNEMO_RETURN_IF_ERROR(fetch_infos(shift, grid, state, input, annotations));
  return InfoJoin(state.context, input, grid.count).run();
}

}  // namespace

OperatorPtr make_info_operator(const CallPlan& plan, const Grid& grid, QueryState& state) {
  return make_matrix_operator([&plan, grid, &state](Annotations& annotations) {
    return evaluate(plan, grid, state, annotations);
  });
}

}  // namespace mnemo::promql
