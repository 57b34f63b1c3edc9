// SPDX-License-Identifier: Apache-2.0
// topk, bottomk, limitk and limit_ratio.
#include "base/number_text.hpp"
#include "promql/exec/aggregate.hpp"
#include "promql/exec/ordering.hpp"
#include "promql/exec/scalar_math.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

namespace mnemo::promql {
namespace {

struct ParameterRange {
  double min = std::numeric_limits<double>::max();
  double max = std::numeric_limits<double>::lowest();
  bool any_nan = false;
};

ParameterRange range_of(const std::vector<double>& parameter) {
  ParameterRange range;
  for (double value : parameter) {
    range.min = min_of(range.min, value);
    range.max = max_of(range.max, value);
    range.any_nan = range.any_nan || std::isnan(value);
  }
  return range;
}

/// Prometheus' hash of labels, by which limit_ratio chooses.
double sampling_offset(const Labels& labels) {
  std::string encoded;
  auto append = [&](std::string_view text) {
    if (text.size() < 255) {
      encoded += static_cast<char>(text.size());
    } else {
      encoded += '\xff';
      for (int shift = 0; shift < 24; shift += 8) {
        encoded += static_cast<char>((text.size() >> shift) & 0xff);
      }
    }
    encoded += text;
  };
  for (const auto& label : labels) {
    append(label.name);
    append(label.value);
  }
  uint64_t hash = XXH64(encoded.data(), encoded.size(), 0);
  return static_cast<double>(hash) / 18446744073709551615.0;
}

/// The choice at one step, group by group; positions in the input, in the order of the result.
class Chooser {
 public:
  Chooser(const AggregatePlan& plan, const StepMatrix& input, Annotations& annotations)
      : plan_(plan), input_(input), annotations_(annotations), numbers_(plan) {
    for (const StepColumn& series : input) groups_.push_back(numbers_.of(series.labels));
    if (plan.op != AggregateOp::kLimitRatio) return;
    for (const StepColumn& series : input) offsets_.push_back(sampling_offset(series.labels));
  }

  std::vector<size_t> choose(size_t step, double parameter) {
    switch (plan_.op) {
      case AggregateOp::kTopk: return ranked<AscendingNanFirst>(step, limit(parameter));
      case AggregateOp::kBottomk: return ranked<DescendingNanFirst>(step, limit(parameter));
      case AggregateOp::kLimitk: return first(step, limit(parameter));
      default: return sampled(step, std::clamp(parameter, -1.0, 1.0));
    }
  }

 private:
  /// REQUIRES: parameter is within the range of int64.
  size_t limit(double parameter) const {
    auto k = std::min(static_cast<int64_t>(parameter), static_cast<int64_t>(input_.size()));
    return k < 1 ? 0 : static_cast<size_t>(k);
  }

  template <typename Less>
  std::vector<size_t> ranked(size_t step, size_t k) {
    if (k == 0) return {};
    std::vector<RankedHeap<Less>> heaps(numbers_.count());
    for (size_t i = 0; i < input_.size(); ++i) {
      if (!input_[i].present(step)) continue;
      if (input_[i].cells[step] == Cell::kHistogram) {
        annotations_.info(histogram_ignored_in_aggregation_info(operator_name(plan_.op)),
                          plan_.position);
        continue;
      }
      double value = input_[i].values[step];
      auto& heap = heaps[groups_[i]];
      if (heap.items().size() < k) {
        heap.push({i, value});
        continue;
      }
      double worst = heap.items()[0].value;
      bool better = !std::isnan(value) && (std::isnan(worst) || Less{}(worst, value));
      if (better) heap.replace_first({i, value});
    }
    std::vector<size_t> chosen;
    for (auto& heap : heaps) {
      sort_reversed<Less>(heap.items());
      for (const RankedValue& item : heap.items()) chosen.push_back(item.index);
    }
    return chosen;
  }

  std::vector<size_t> first(size_t step, size_t k) const {
    std::vector<std::vector<size_t>> chosen(numbers_.count());
    for (size_t i = 0; i < input_.size() && k > 0; ++i) {
      auto& group = chosen[groups_[i]];
      if (input_[i].present(step) && group.size() < k) group.push_back(i);
    }
    return joined(chosen);
  }

  std::vector<size_t> sampled(size_t step, double ratio) const {
    std::vector<std::vector<size_t>> chosen(numbers_.count());
    for (size_t i = 0; i < input_.size() && ratio != 0; ++i) {
      bool wanted = ratio >= 0 ? offsets_[i] < ratio : offsets_[i] >= 1.0 + ratio;
      if (input_[i].present(step) && wanted) chosen[groups_[i]].push_back(i);
    }
    return joined(chosen);
  }

  static std::vector<size_t> joined(const std::vector<std::vector<size_t>>& groups) {
    std::vector<size_t> all;
    for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
    return all;
  }

  const AggregatePlan& plan_;
  const StepMatrix& input_;
  Annotations& annotations_;
  GroupNumbers numbers_;
  std::vector<size_t> groups_;   // of each series
  std::vector<double> offsets_;  // of each series, for limit_ratio
};

/// Whether anything can be chosen at all.
Result<bool> check_limit(const ParameterRange& range) {
  constexpr double kMinInt64 = -9223372036854775808.0;
  constexpr double kMaxInt64 = 9223372036854774784.0;
  if (range.max < 1) return false;
  if (range.any_nan) return Status::failed_precondition("Parameter value is NaN");
  if (range.min <= kMinInt64) {
    return Status::failed_precondition("Scalar value " + float_general(range.min) +
                                       " underflows int64");
  }
  if (range.max >= kMaxInt64) {
    return Status::failed_precondition("Scalar value " + float_general(range.max) +
                                       " overflows int64");
  }
  return true;
}

Result<bool> check_ratio(const ParameterRange& range, PositionRange position,
                         Annotations& annotations) {
  if (range.max == 0 && range.min == 0) return false;
  if (range.any_nan) return Status::failed_precondition("Ratio value is NaN");
  auto warn = [&](double ratio, double cap) {
    annotations.warn("ratio value should be between -1 and 1, got " + float_general(ratio) +
                         ", capping to " + float_general(cap),
                     position);
  };
  if (range.max > 1) warn(range.max, 1);
  if (range.min < -1) warn(range.min, -1);
  return true;
}

}  // namespace

Result<StepMatrix> select_series(const Context& context, const AggregatePlan& plan,
                                 const Grid& grid, StepMatrix input,
                                 const std::vector<double>& parameter, Annotations& annotations) {
  ParameterRange range = range_of(parameter);
  MNEMO_TRY(bool any, plan.op == AggregateOp::kLimitRatio
                          ? check_ratio(range, plan.parameter->position, annotations)
                          : check_limit(range));
  if (!any) return StepMatrix();
  Chooser chooser(plan, input, annotations);
  StepMatrix result;
  std::vector<size_t> places(input.size(), SIZE_MAX);  // in the result
  for (size_t step = 0; step < grid.count; ++step) {
    MNEMO_RETURN_IF_ERROR(context.check());
    for (size_t i : chooser.choose(step, parameter[step])) {
      if (places[i] == SIZE_MAX) {
        places[i] = result.size();
        result.emplace_back();
        result.back().labels = input[i].labels;
        result.back().reset(grid.count);
        result.back().drop_name = input[i].drop_name;
      }
      result[places[i]].copy_cell(step, input[i], step);
    }
  }
  return result;
}

}  // namespace mnemo::promql
