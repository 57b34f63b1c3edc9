// SPDX-License-Identifier: Apache-2.0
#include "base/kahan_sum.hpp"
#include "promql/exec/accumulators.hpp"
#include "promql/functions/histogram_sum.hpp"

namespace mnemo::promql {
namespace {

/// What a group has seen at a step.
enum Seen : uint8_t {
  kFloats = 1,
  kHistograms = 2,
  kIncompatible = 4,  // histograms that don't go together: the step has no value
};

struct FloatSum {
  KahanSum sum;
  void add(double value) { sum.add(value); }
  double value() const { return sum.total(); }
};

/// The histograms of one group: a sum for each step that has any.
using HistogramSums = std::vector<std::unique_ptr<HistogramMean>>;

template <typename Float, bool kIsMean>
class SumAccumulator : public Accumulator {
 public:
  SumAccumulator(PositionRange position, size_t steps) : position_(position), steps_(steps) {}

  void add_group() override { groups_.emplace_back(steps_); }

  void add(size_t group, const StepColumn& series, Annotations& annotations) override {
    Group& sums = groups_[group];
    if (series.histograms.empty()) {
      add_floats(sums, series);
      return;
    }
    for (size_t step = 0; step < steps_; ++step) {
      if (sums.seen[step] & kIncompatible) continue;
      if (series.cells[step] == Cell::kFloat) {
        sums.seen[step] |= kFloats;
        sums.floats[step].add(series.values[step]);
      } else if (series.cells[step] == Cell::kHistogram) {
        add_histogram(sums, step, series, annotations);
      }
    }
  }

  void finish(size_t group, StepColumn& out, Annotations& annotations) override {
    Group& sums = groups_[group];
    for (size_t step = 0; step < steps_; ++step) {
      uint8_t seen = sums.seen[step];
      if (seen == kFloats) {
        out.set(step, sums.floats[step].value());
      } else if ((seen & kFloats) && (seen & kHistograms)) {
        annotations.warn("encountered a mix of histograms and floats for aggregation", position_);
      } else if (seen == kHistograms) {
        finish_histogram(*sums.histograms[step], step, out, annotations);
      }
    }
  }

 private:
  struct Group {
    explicit Group(size_t steps) : seen(steps), floats(steps) {}
    std::vector<uint8_t> seen;
    std::vector<Float> floats;
    HistogramSums histograms;  // empty while there is none
  };

  void add_floats(Group& sums, const StepColumn& series) {
    for (size_t step = 0; step < steps_; ++step) {
      if (series.cells[step] == Cell::kAbsent || (sums.seen[step] & kIncompatible)) continue;
      sums.seen[step] |= kFloats;
      sums.floats[step].add(series.values[step]);
    }
  }

  void add_histogram(Group& sums, size_t step, const StepColumn& series, Annotations& annotations) {
    if (sums.histograms.empty()) sums.histograms.resize(steps_);
    auto& sum = sums.histograms[step];
    bool first = sums.seen[step] == 0;
    sums.seen[step] |= kHistograms;
    if (first) {
      sum = std::make_unique<HistogramMean>(*series.histograms[step]);
      if (kIsMean) sum->watch_overflow();
      return;
    }
    if (!sum) return;  // floats came first: no value in any case
    if (!sum->add(*series.histograms[step])) {
      annotations.warn(mixed_schemas_warning(series.labels.get(kMetricName)), position_);
      sums.seen[step] |= kIncompatible;
    }
    if (sum->reconciled()) {
      annotations.info(custom_buckets_reconciled_info("aggregation"), position_);
    }
  }

  void finish_histogram(const HistogramMean& sum, size_t step, StepColumn& out,
                        Annotations& annotations) {
    FloatHistogram value = kIsMean ? sum.mean() : sum.sum();
    compact(value);
    out.set(step, std::make_shared<const FloatHistogram>(std::move(value)));
    if (sum.collision()) {
      annotations.warn(counter_reset_collision_warning("aggregation"), position_);
    }
  }

  PositionRange position_;
  size_t steps_;
  std::vector<Group> groups_;
};

}  // namespace

std::unique_ptr<Accumulator> make_sum_accumulator(const AggregatePlan& plan, size_t steps) {
  PositionRange position = plan.expr->position;
  if (plan.op == AggregateOp::kAvg) {
    return std::make_unique<SumAccumulator<KahanMean, true>>(position, steps);
  }
  return std::make_unique<SumAccumulator<FloatSum, false>>(position, steps);
}

}  // namespace mnemo::promql
