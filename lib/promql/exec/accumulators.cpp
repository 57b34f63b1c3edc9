// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/accumulators.hpp"

#include "promql/exec/scalar_math.hpp"
#include "promql/functions/window.hpp"

#include <cmath>

namespace mnemo::promql {
namespace {

/// count and group: floats and histograms alike.
class CountAccumulator : public Accumulator {
 public:
  CountAccumulator(bool is_group, size_t steps) : is_group_(is_group), steps_(steps) {}

  void add_group() override { counts_.emplace_back(steps_); }

  void add(size_t group, const StepColumn& series, Annotations&) override {
    std::vector<uint32_t>& counts = counts_[group];
    for (size_t step = 0; step < steps_; ++step) {
      counts[step] += series.cells[step] == Cell::kAbsent ? 0 : 1;
    }
  }

  void finish(size_t group, StepColumn& out, Annotations&) override {
    for (size_t step = 0; step < steps_; ++step) {
      uint32_t count = counts_[group][step];
      if (count > 0) out.set(step, is_group_ ? 1.0 : count);
    }
  }

 private:
  bool is_group_;
  size_t steps_;
  std::vector<std::vector<uint32_t>> counts_;
};

/// For what takes floats only: `Fold` has add(value), first(value) and value().
template <typename Fold>
class FloatAccumulator : public Accumulator {
 public:
  FloatAccumulator(const AggregatePlan& plan, size_t steps)
      : name_(operator_name(plan.op)), position_(plan.expr->position), steps_(steps) {}

  void add_group() override { groups_.emplace_back(steps_); }

  void add(size_t group, const StepColumn& series, Annotations& annotations) override {
    Group& state = groups_[group];
    bool ignored = false;
    for (size_t step = 0; step < steps_; ++step) {
      if (series.cells[step] == Cell::kFloat) {
        if (state.seen[step]) {
          state.folds[step].add(series.values[step]);
        } else {
          state.folds[step].first(series.values[step]);
          state.seen[step] = 1;
        }
      } else if (series.cells[step] == Cell::kHistogram) {
        ignored = true;
      }
    }
    if (ignored) annotations.info(histogram_ignored_in_aggregation_info(name_), position_);
  }

  void finish(size_t group, StepColumn& out, Annotations&) override {
    Group& state = groups_[group];
    for (size_t step = 0; step < steps_; ++step) {
      if (state.seen[step]) out.set(step, state.folds[step].value());
    }
  }

 private:
  struct Group {
    explicit Group(size_t steps) : seen(steps), folds(steps) {}
    std::vector<uint8_t> seen;
    std::vector<Fold> folds;
  };

  std::string_view name_;
  PositionRange position_;
  size_t steps_;
  std::vector<Group> groups_;
};

struct MinFold {
  double best = 0;
  void first(double value) { best = value; }
  void add(double value) {
    if (best > value || std::isnan(best)) best = value;
  }
  double value() const { return best; }
};

struct MaxFold {
  double best = 0;
  void first(double value) { best = value; }
  void add(double value) {
    if (best < value || std::isnan(best)) best = value;
  }
  double value() const { return best; }
};

/// Welford's sums.
struct VarianceFold {
  double count = 0;
  double mean = 0;
  double squares = 0;
  void first(double value) {
    count = 1;
    mean = value;
    squares = std::isfinite(value) ? 0 : kNan;
  }
  void add(double value) {
    count += 1;
    double delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  double value() const { return squares / count; }
};

struct DeviationFold : VarianceFold {
  double value() const { return std::sqrt(squares / count); }
};

class QuantileAccumulator : public Accumulator {
 public:
  QuantileAccumulator(const Context& context, const AggregatePlan& plan, size_t steps,
                      std::vector<double> quantiles)
      : context_(context),
        position_(plan.expr->position),
        steps_(steps),
        quantiles_(std::move(quantiles)) {}

  void add_group() override { groups_.emplace_back(steps_); }

  void add(size_t group, const StepColumn& series, Annotations& annotations) override {
    bool ignored = false;
    for (size_t step = 0; step < steps_; ++step) {
      if (series.cells[step] == Cell::kFloat) {
        groups_[group][step].push_back(series.values[step]);
      } else if (series.cells[step] == Cell::kHistogram) {
        ignored = true;
      }
    }
    if (ignored) annotations.info(histogram_ignored_in_aggregation_info("quantile"), position_);
  }

  void finish(size_t group, StepColumn& out, Annotations&) override {
    for (size_t step = 0; step < steps_ && context_.check().ok(); ++step) {
      std::vector<double>& values = groups_[group][step];
      if (!values.empty()) out.set(step, quantile_of(quantiles_[step], values));
    }
  }

 private:
  const Context& context_;
  PositionRange position_;
  size_t steps_;
  std::vector<double> quantiles_;
  std::vector<std::vector<std::vector<double>>> groups_;
};

}  // namespace

std::unique_ptr<Accumulator> make_accumulator(const Context& context, const AggregatePlan& plan,
                                              size_t steps, std::vector<double> parameter) {
  switch (plan.op) {
    case AggregateOp::kMin: return std::make_unique<FloatAccumulator<MinFold>>(plan, steps);
    case AggregateOp::kMax: return std::make_unique<FloatAccumulator<MaxFold>>(plan, steps);
    case AggregateOp::kCount: return std::make_unique<CountAccumulator>(false, steps);
    case AggregateOp::kGroup: return std::make_unique<CountAccumulator>(true, steps);
    case AggregateOp::kStdvar: return std::make_unique<FloatAccumulator<VarianceFold>>(plan, steps);
    case AggregateOp::kStddev:
      return std::make_unique<FloatAccumulator<DeviationFold>>(plan, steps);
    case AggregateOp::kQuantile:
      return std::make_unique<QuantileAccumulator>(context, plan, steps, std::move(parameter));
    default: return make_sum_accumulator(plan, steps);
  }
}

}  // namespace mnemo::promql
