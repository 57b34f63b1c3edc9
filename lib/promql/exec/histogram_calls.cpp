// SPDX-License-Identifier: Apache-2.0
// Functions that see the buckets of a classic histogram together, or a native one.
#include "base/number_text.hpp"
#include "base/quote.hpp"
#include "promql/exec/call.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/functions/buckets.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <unordered_map>

namespace mnemo::promql {
namespace {

constexpr std::string_view kBucketLabel = "le";

/// A bucket's upper bound as Go's ParseFloat reads it; nothing where it is none.
std::optional<double> parse_bound(std::string_view text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0]))) return std::nullopt;
  std::string copy(text);
  char* end = nullptr;
  double value = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size()) return std::nullopt;
  return value;
}

/// As OpenMetrics writes numbers: whole ones with ".0".
std::string open_metrics_number(double value) {
  std::string text = float_general(value);
  bool is_whole = std::isfinite(value) && text.find_first_of("e.") == std::string::npos;
  return is_whole ? text + ".0" : text;
}

/// The series that belong to one histogram: those with equal labels but for `le`.
struct Family {
  Labels labels;                 // without `le`
  std::vector<size_t> buckets;   // positions of series in the input
  std::optional<size_t> native;  // that of the series without `le`
};

struct Input {
  StepMatrix series;
  std::vector<std::optional<double>> bounds;  // of each series
  std::vector<Family> families;
};

Input group_families(StepMatrix series) {
  Input input;
  input.series = std::move(series);
  std::unordered_map<Labels, size_t, LabelsHash> numbers;
  for (size_t i = 0; i < input.series.size(); ++i) {
    const Labels& labels = input.series[i].labels;
    input.bounds.push_back(parse_bound(labels.get(kBucketLabel)));
    auto family_of = [&](const Labels& key) -> Family& {
      auto [at, is_new] = numbers.try_emplace(key, input.families.size());
      if (is_new) input.families.push_back({key, {}, {}});
      return input.families[at->second];
    };
    Labels without_bound = drop_labels(labels, {std::string(kBucketLabel)});
    if (input.bounds.back()) family_of(without_bound).buckets.push_back(i);
    if (!input.series[i].histograms.empty()) family_of(labels).native = i;
  }
  return input;
}

/// What is computed of each histogram, at one step.
class Computation {
 public:
  virtual ~Computation() = default;
  virtual double classic(std::vector<ClassicBucket>& buckets, size_t step,
                         const HistogramNotes& notes) const = 0;
  virtual double native(const FloatHistogram& histogram, size_t step,
                        const HistogramNotes& notes) const = 0;
};

class Quantile : public Computation {
 public:
  Quantile(std::vector<double> quantiles, const Grid& grid)
      : quantiles_(std::move(quantiles)), grid_(grid) {}

  double classic(std::vector<ClassicBucket>& buckets, size_t step,
                 const HistogramNotes& notes) const override {
    ClassicQuantile result = classic_quantile(quantiles_[step], buckets);
    if (result.forced_monotonic) {
      notes.annotations.forced_monotonicity(notes.metric_name, notes.position, grid_.time(step),
                                            result.min_bucket, result.max_bucket, result.max_diff);
    }
    return result.value;
  }
  double native(const FloatHistogram& histogram, size_t step,
                const HistogramNotes& notes) const override {
    return native_quantile(quantiles_[step], histogram, notes);
  }

 private:
  std::vector<double> quantiles_;
  Grid grid_;
};

class Fraction : public Computation {
 public:
  Fraction(std::vector<double> lower, std::vector<double> upper)
      : lower_(std::move(lower)), upper_(std::move(upper)) {}

  double classic(std::vector<ClassicBucket>& buckets, size_t step,
                 const HistogramNotes&) const override {
    return classic_fraction(lower_[step], upper_[step], buckets);
  }
  double native(const FloatHistogram& histogram, size_t step,
                const HistogramNotes& notes) const override {
    return native_fraction(lower_[step], upper_[step], histogram, notes);
  }

 private:
  std::vector<double> lower_;
  std::vector<double> upper_;
};

/// Computes over all families, step by step; results carry `extra` as one more label.
class FamilyEvaluator {
 public:
  FamilyEvaluator(const Input& input, const Grid& grid, PositionRange position,
                  const QueryState& state, Annotations& annotations)
      : input_(input), grid_(grid), position_(position), state_(state), annotations_(annotations) {}

  /// Says which series are no buckets and no histograms.
  void check_bounds() const {
    for (size_t i = 0; i < input_.series.size(); ++i) {
      if (input_.bounds[i]) continue;
      const auto& cells = input_.series[i].cells;
      if (std::find(cells.begin(), cells.end(), Cell::kFloat) == cells.end()) continue;
      const Labels& labels = input_.series[i].labels;
      std::string text = "bucket label \"le\" is missing or has a malformed value of " +
                         go_quoted(labels.get(kBucketLabel));
      annotations_.warn(with_metric_name(std::move(text), told_name(labels)), position_);
    }
  }

  Status evaluate(const Computation& computation, std::pair<std::string_view, std::string> extra,
                  StepMatrix& results) {
    StepMatrix classics;
    for (const Family& family : input_.families) {
      MNEMO_RETURN_IF_ERROR(state_.context.check());
      StepColumn native = column(family.labels, extra);
      StepColumn classic = native;
      HistogramNotes notes{annotations_, told_name(family.labels), position_};
      for (size_t step = 0; step < grid_.count; ++step) {
        evaluate_step(computation, family, step, notes, native, classic);
      }
      if (native.any()) results.push_back(std::move(native));
      if (classic.any()) classics.push_back(std::move(classic));
    }
    for (StepColumn& classic : classics) results.push_back(std::move(classic));
    return {};
  }

 private:
  /// A metric is told by its name where that isn't dropped yet.
  std::string_view told_name(const Labels& labels) const {
    return state_.delayed_name_removal ? labels.get(kMetricName) : std::string_view();
  }

  StepColumn column(const Labels& labels,
                    const std::pair<std::string_view, std::string>& extra) const {
    StepColumn result;
    result.labels = labels;
    result.reset(grid_.count);
    state_.drop_name(result);
    if (!extra.first.empty()) {
      result.labels = LabelsBuilder(result.labels).set(extra.first, extra.second).build();
    }
    return result;
  }

  void evaluate_step(const Computation& computation, const Family& family, size_t step,
                     const HistogramNotes& notes, StepColumn& native, StepColumn& classic) {
    buckets_.clear();
    for (size_t i : family.buckets) {
      if (input_.series[i].cells[step] != Cell::kFloat) continue;
      buckets_.push_back({*input_.bounds[i], input_.series[i].values[step]});
    }
    const FloatHistogram* histogram =
        family.native ? input_.series[*family.native].histogram(step) : nullptr;
    if (histogram && !buckets_.empty()) {
      annotations_.warn(with_metric_name("vector contains a mix of classic and native histograms",
                                         notes.metric_name),
                        position_);
    } else if (histogram) {
      native.set(step, computation.native(*histogram, step, notes));
    } else if (!buckets_.empty()) {
      classic.set(step, computation.classic(buckets_, step, notes));
    }
  }

  const Input& input_;
  const Grid& grid_;
  PositionRange position_;
  const QueryState& state_;
  Annotations& annotations_;
  std::vector<ClassicBucket> buckets_;
};

void check_quantiles(const std::vector<double>& quantiles, PositionRange position,
                     Annotations& annotations) {
  for (double q : quantiles) {
    if (std::isnan(q) || q < 0 || q > 1) annotations.warn(quantile_warning(q), position);
  }
}

/// The arguments of the three functions, brought to one form.
struct HistogramCall {
  const Plan* vector = nullptr;
  std::vector<std::vector<double>> scalars;
  std::vector<PositionRange> positions;  // of the scalars
  std::string label;                     // that tells the quantiles apart; empty: one only
};

Result<HistogramCall> read_arguments(const CallPlan& plan, const Grid& grid, QueryState& state,
                                     Annotations& annotations) {
  HistogramCall call;
  for (const auto& argument : plan.arguments) {
    if (const auto* text = plan_as_if<StringPlan>(argument.get())) {
      call.label = text->value;
    } else if (argument->type == ValueType::kScalar) {
      MNEMO_TRY(auto values, evaluate_scalar(*argument, grid, state, annotations));
      call.scalars.push_back(std::move(values));
      call.positions.push_back(argument->position);
    } else {
      call.vector = argument.get();
    }
  }
  return call;
}

Result<StepMatrix> evaluate(const CallPlan& plan, const Grid& grid, QueryState& state,
                            Annotations& annotations) {
  MNEMO_TRY(HistogramCall call, read_arguments(plan, grid, state, annotations));
  MNEMO_TRY(OperatorPtr source, make_operator(*call.vector, grid, state));
  MNEMO_TRY(StepMatrix series, drain(*source, state));
  source->annotate(annotations);
  Input input = group_families(std::move(series));
  PositionRange position = call.vector->position;
  FamilyEvaluator evaluator(input, grid, position, state, annotations);
  StepMatrix results;
  if (plan.function->name == "histogram_fraction") {
    evaluator.check_bounds();
    Fraction fraction(call.scalars[0], call.scalars[1]);
    MNEMO_RETURN_IF_ERROR(evaluator.evaluate(fraction, {}, results));
    return merge_same_labels(std::move(results));
  }
  for (size_t i = 0; i < call.scalars.size(); ++i) {
    check_quantiles(call.scalars[i], call.positions[i], annotations);
  }
  evaluator.check_bounds();
  for (const auto& quantiles : call.scalars) {
    std::pair<std::string_view, std::string> extra;
    if (!call.label.empty()) extra = {call.label, open_metrics_number(quantiles.at(0))};
    MNEMO_RETURN_IF_ERROR(evaluator.evaluate(Quantile(quantiles, grid), extra, results));
  }
  return merge_same_labels(std::move(results));
}

}  // namespace

OperatorPtr make_histogram_operator(const CallPlan& plan, const Grid& grid, QueryState& state) {
  return make_matrix_operator([&plan, grid, &state](Annotations& annotations) {
    return evaluate(plan, grid, state, annotations);
  });
}

}  // namespace mnemo::promql
