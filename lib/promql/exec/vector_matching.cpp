// SPDX-License-Identifier: Apache-2.0
// Operators between two vectors. Both sides are whole matrices; each pair of series is worked on
// along its steps.
#include "promql/exec/binary.hpp"
#include "promql/exec/element.hpp"
#include "promql/exec/first_failure.hpp"
#include "promql/exec/label_sets.hpp"
#include "promql/exec/scalar_math.hpp"

#include <algorithm>
#include <optional>

namespace mnemo::promql {
namespace {

constexpr int32_t kNone = -1;

struct Pairing {
  const BinaryPlan& plan;
  const VectorMatching& matching;
  const Grid& grid;
  const Context& context;
  bool delayed_name_removal = false;
  bool swapped = false;  // group_right: the many side is the right one
  StepMatrix many = {};
  StepMatrix one = {};
  std::vector<size_t> many_groups = {};
  std::vector<size_t> one_groups = {};
  size_t groups = 0;
};

/// A result in the making: `touched` says at which steps a pair came to it, kept or not.
struct Output {
  StepColumn series;
  std::vector<uint8_t> touched;
  size_t group = 0;
};

class PairMatcher {
 public:
  PairMatcher(Pairing& pairing, Annotations& annotations)
      : p_(pairing),
        steps_(pairing.grid.count),
        annotations_(annotations),
        notes_(steps_, pairing.plan.position) {
    const auto& matching = p_.matching;
    // As in Prometheus, group_right doesn't turn these around.
    fill_one_ = matching.fill_right;
    fill_many_ = matching.fill_left;
    include_ = matching.include;
    names_ = matching.labels;
    std::sort(names_.begin(), names_.end());
  }

  Result<StepMatrix> run() {
    MNEMO_RETURN_IF_ERROR(find_one_sides());
    for (size_t i = 0; i < p_.many.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(p_.context.check());
      match_many(i);
    }
    for (size_t i = 0; i < p_.one.size() && fill_many_; ++i) {
      MNEMO_RETURN_IF_ERROR(p_.context.check());
      match_unmatched_one(i);
    }
    if (failure_.step != SIZE_MAX) return failure_.status;
    notes_.annotate(annotations_);
    StepMatrix result;
    result.reserve(outputs_.size());
    for (Output& output : outputs_) {
      if (output.series.any()) result.push_back(std::move(output.series));
    }
    return result;
  }

 private:
  size_t cell(size_t group, size_t step) const { return group * steps_ + step; }
  bool one_to_one() const { return p_.matching.cardinality == MatchCardinality::kOneToOne; }

  /// Which series of the one side each group has at each step; two at once are a failure, unless
  /// the many side has nothing at that step.
  Status find_one_sides() {
    one_at_.assign(p_.groups * steps_, kNone);
    matched_.assign(p_.groups * steps_, 0);
    std::vector<uint8_t> many_present(steps_);
    for (const StepColumn& series : p_.many) {
      MNEMO_RETURN_IF_ERROR(p_.context.check());
      for (size_t step = 0; step < steps_; ++step) many_present[step] |= series.present(step);
    }
    for (size_t i = 0; i < p_.one.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(p_.context.check());
      for (size_t step = 0; step < steps_; ++step) {
        if (!p_.one[i].present(step)) continue;
        int32_t& at = one_at_[cell(p_.one_groups[i], step)];
        if (at != kNone && (many_present[step] || fill_many_ || fill_one_)) {
          failure_.meet(step, [&] { return duplicates(static_cast<size_t>(at), i); });
        }
        at = static_cast<int32_t>(i);
      }
    }
    return {};
  }

  Status duplicates(size_t first, size_t second) const {
    std::string x = p_.one[first].labels.to_string();
    std::string y = p_.one[second].labels.to_string();
    if (y < x) std::swap(x, y);
    return Status::failed_precondition(
        "found duplicate series for the match group " +
        match_labels(p_.matching, p_.one[second].labels).to_string() + " on the " +
        (p_.swapped ? "left" : "right") + " hand-side of the operation: [" + x + ", " + y +
        "];many-to-many matching not allowed: matching labels must be unique on one side");
  }

  void match_many(size_t i) {
    const StepColumn& many = p_.many[i];
    size_t group = p_.many_groups[i];
    std::vector<int32_t> done;
    for (size_t step = 0; step < steps_; ++step) {
      if (!many.present(step)) continue;
      int32_t one = one_at_[cell(group, step)];
      if (one == kNone && !fill_one_) continue;
      if (std::find(done.begin(), done.end(), one) != done.end()) continue;
      done.push_back(one);
      match_pair(i, one, step);
    }
  }

  /// The steps from `first` on at which many side `i` meets `one` (kNone: the fill value).
  void match_pair(size_t i, int32_t one, size_t first) {
    const StepColumn& many = p_.many[i];
    size_t group = p_.many_groups[i];
    Labels filled;
    const StepColumn* other = nullptr;
    if (one == kNone) {
      filled = match_labels(p_.matching, many.labels);
    } else {
      other = &p_.one[static_cast<size_t>(one)];
    }
    Output& output = output_for(many.labels, other ? other->labels : filled, group);
    for (size_t step = first; step < steps_; ++step) {
      if (!many.present(step) || one_at_[cell(group, step)] != one) continue;
      Element right = other ? element_at(*other, step) : Element{*fill_one_, nullptr};
      combine(output, step, group, element_at(many, step), right);
    }
  }

  void match_unmatched_one(size_t i) {
    const StepColumn& one = p_.one[i];
    size_t group = p_.one_groups[i];
    std::optional<size_t> first;
    for (size_t step = 0; step < steps_ && !first; ++step) {
      if (one.present(step) && !matched_[cell(group, step)]) first = step;
    }
    if (!first) return;
    Output& output = output_for(match_labels(p_.matching, one.labels), one.labels, group);
    for (size_t step = *first; step < steps_; ++step) {
      if (!one.present(step) || matched_[cell(group, step)]) continue;
      combine(output, step, group, Element{*fill_many_, nullptr}, element_at(one, step));
    }
  }

  void combine(Output& output, size_t step, size_t group, Element many, Element one) {
    if (p_.swapped) std::swap(many, one);
    ElementResult result = compute(many, one, step);
    if (!result.valid) return;
    uint8_t& matched = matched_[cell(group, step)];
    if (one_to_one() && matched) {
      return failure_.meet(step, [] {
        return Status::failed_precondition(
            "multiple matches for labels: many-to-one matching must be explicit "
            "(group_left/group_right)");
      });
    }
    matched = 1;
    if (output.touched[step] && output.group == group && !one_to_one()) {
      return failure_.meet(step, [] {
        return Status::failed_precondition(
            "multiple matches for labels: grouping labels must ensure unique matches");
      });
    }
    output.touched[step] = 1;
    output.group = group;
    if (!result.keep && !p_.plan.return_bool) return;
    if (output.series.present(step)) {
      return failure_.meet(step, [] { return duplicate_labels_error(); });
    }
    if (p_.plan.return_bool) {
      output.series.set(step, result.keep ? 1.0 : 0.0);
    } else if (result.histogram) {
      output.series.set(step, std::move(result.histogram));
    } else {
      output.series.set(step, result.value);
    }
  }

  ElementResult compute(const Element& left, const Element& right, size_t step) {
    BinaryOp op = p_.plan.op;
    if (left.histogram || right.histogram || is_trim(op)) {
      return histogram_binary(op, left, right, step, notes_);
    }
    if (is_comparison(op)) return {true, compare(op, left.value, right.value), left.value, {}};
    return {true, true, arithmetic(op, left.value, right.value), {}};
  }

  Output& output_for(const Labels& many, const Labels& one, size_t group) {
    Labels labels = result_labels(many, one);
    auto [at, is_new] = positions_.try_emplace(labels, outputs_.size());
    if (is_new) {
      Output& output = outputs_.emplace_back();
      output.series.labels = std::move(labels);
      output.series.reset(steps_);
      output.series.drop_name = p_.plan.return_bool && p_.delayed_name_removal;
      output.touched.resize(steps_);
      output.group = group;
    }
    return outputs_[at->second];
  }

  Labels result_labels(const Labels& many, const Labels& one) const {
    Labels labels = many;
    bool drop_name = p_.plan.return_bool && !p_.delayed_name_removal;
    if (changes_metric(p_.plan.op) || drop_name) labels = without_metadata(labels);
    if (one_to_one()) {
      labels = p_.matching.on ? keep_labels(labels, names_) : drop_labels(labels, names_);
    }
    if (include_.empty()) return labels;
    LabelsBuilder builder(labels);
    for (const std::string& name : include_) builder.set(name, one.get(name));
    return builder.build();
  }

  Pairing& p_;
  size_t steps_;
  Annotations& annotations_;
  StepNotes notes_;
  FirstFailure failure_;
  std::optional<double> fill_one_;
  std::optional<double> fill_many_;
  std::vector<std::string> include_;
  std::vector<std::string> names_;
  std::vector<int32_t> one_at_;   // by group and step
  std::vector<uint8_t> matched_;  // by group and step
  std::vector<Output> outputs_;
  std::unordered_map<Labels, size_t, LabelsHash> positions_;
};

/// By group and step, whether a side has any sample.
Result<std::vector<uint8_t>> group_presence(const Context& context, const StepMatrix& matrix,
                                            const std::vector<size_t>& groups, size_t group_count,
                                            size_t steps) {
  std::vector<uint8_t> presence(group_count * steps);
  for (size_t i = 0; i < matrix.size(); ++i) {
    MNEMO_RETURN_IF_ERROR(context.check());
    for (size_t step = 0; step < steps; ++step) {
      presence[groups[i] * steps + step] |= matrix[i].present(step);
    }
  }
  return presence;
}

/// Removes the samples whose group is present (or absent) on the other side at their step.
Status filter(const Context& context, StepMatrix& matrix, const std::vector<size_t>& groups,
              const std::vector<uint8_t>& other, bool keep_present) {
  for (size_t i = 0; i < matrix.size(); ++i) {
    MNEMO_RETURN_IF_ERROR(context.check());
    size_t steps = matrix[i].steps();
    for (size_t step = 0; step < steps; ++step) {
      bool present = other[groups[i] * steps + step] != 0;
      if (present != keep_present) matrix[i].cells[step] = Cell::kAbsent;
    }
  }
  return {};
}

}  // namespace

Result<StepMatrix> apply_set_operator(const Context& context, const BinaryPlan& plan,
                                      StepMatrix left, StepMatrix right) {
  if (left.empty()) return plan.op == BinaryOp::kOr ? std::move(right) : std::move(left);
  if (right.empty()) return plan.op == BinaryOp::kAnd ? std::move(right) : std::move(left);
  size_t steps = left[0].steps();
  MatchGroups groups(*plan.matching);
  MNEMO_TRY(auto left_groups, groups.numbers(context, left));
  MNEMO_TRY(auto right_groups, groups.numbers(context, right));
  if (plan.op == BinaryOp::kOr) {
    MNEMO_TRY(auto presence, group_presence(context, left, left_groups, groups.count(), steps));
    MNEMO_RETURN_IF_ERROR(filter(context, right, right_groups, presence, false));
    for (StepColumn& series : right) {
      if (series.any()) left.push_back(std::move(series));
    }
    return merge_same_labels(std::move(left));
  }
  MNEMO_TRY(auto presence, group_presence(context, right, right_groups, groups.count(), steps));
  MNEMO_RETURN_IF_ERROR(filter(context, left, left_groups, presence, plan.op == BinaryOp::kAnd));
  return left;
}

Result<StepMatrix> apply_vector_operator(const BinaryPlan& plan, const Grid& grid, StepMatrix left,
                                         StepMatrix right, const QueryState& state,
                                         Annotations& annotations) {
  const VectorMatching& matching = *plan.matching;
  bool has_fill = matching.fill_left || matching.fill_right;
  if ((left.empty() && right.empty()) || ((left.empty() || right.empty()) && !has_fill)) {
    return StepMatrix();
  }
  Pairing pairing{plan, matching, grid, state.context, state.delayed_name_removal};
  pairing.swapped = matching.cardinality == MatchCardinality::kOneToMany;
  MatchGroups groups(matching);
  if (pairing.swapped) std::swap(left, right);
  pairing.many = std::move(left);
  pairing.one = std::move(right);
  MNEMO_TRY(pairing.many_groups, groups.numbers(state.context, pairing.many));
  MNEMO_TRY(pairing.one_groups, groups.numbers(state.context, pairing.one));
  pairing.groups = groups.count();
  return PairMatcher(pairing, annotations).run();
}

}  // namespace mnemo::promql
