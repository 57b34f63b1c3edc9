// SPDX-License-Identifier: Apache-2.0
// sort and its like: an order of the series of an instant query; over a range it has no effect.
#include "promql/exec/call.hpp"
#include "promql/exec/ordering.hpp"

#include <algorithm>
#include <cctype>

namespace mnemo::promql {
namespace {

void drop_histograms(StepMatrix& matrix) {
  for (StepColumn& series : matrix) {
    for (size_t step = 0; step < series.steps() && !series.histograms.empty(); ++step) {
      if (series.cells[step] == Cell::kHistogram) series.cells[step] = Cell::kAbsent;
    }
  }
  std::erase_if(matrix, [](const StepColumn& series) { return !series.any(); });
}

template <typename Less>
StepMatrix sorted_by_value(StepMatrix matrix) {
  std::vector<RankedValue> ranks;
  for (size_t i = 0; i < matrix.size(); ++i) ranks.push_back({i, matrix[i].values[0]});
  sort_reversed<Less>(ranks);
  StepMatrix sorted;
  sorted.reserve(matrix.size());
  for (const RankedValue& rank : ranks) sorted.push_back(std::move(matrix[rank.index]));
  return sorted;
}

/// Runs of digits or of anything else, one at a time.
std::string_view take_run(std::string_view& text) {
  auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  size_t size = 1;
  while (size < text.size() && is_digit(text[size]) == is_digit(text[0])) ++size;
  std::string_view run = text.substr(0, size);
  text.remove_prefix(size);
  return run;
}

/// Numbers within texts by their value.
bool natural_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    std::string_view x = take_run(a);
    std::string_view y = take_run(b);
    if (x == y) continue;
    if (std::isdigit(static_cast<unsigned char>(x[0])) &&
        std::isdigit(static_cast<unsigned char>(y[0]))) {
      auto significant = [](std::string_view digits) {
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        return digits;
      };
      std::string_view p = significant(x);
      std::string_view q = significant(y);
      if (p.size() != q.size()) return p.size() < q.size();
      if (p != q) return p < q;
      return x.size() > y.size();
    }
    return x < y;
  }
  return a.empty() && !b.empty();
}

StepMatrix sorted_by_labels(StepMatrix matrix, const std::vector<std::string>& names,
                            bool descending) {
  auto less = [&](const StepColumn& a, const StepColumn& b) {
    for (const std::string& name : names) {
      std::string_view x = a.labels.get(name);
      std::string_view y = b.labels.get(name);
      if (x != y) return natural_less(x, y);
    }
    return a.labels < b.labels;
  };
  std::stable_sort(matrix.begin(), matrix.end(), [&](const StepColumn& a, const StepColumn& b) {
    return descending ? less(b, a) : less(a, b);
  });
  return matrix;
}

Result<StepMatrix> sorted(const CallPlan& plan, const Grid& grid, QueryState& state,
                          Annotations& annotations) {
  MNEMO_TRY(OperatorPtr input, make_operator(*plan.arguments[0], grid, state));
  MNEMO_TRY(StepMatrix matrix, drain(*input, state));
  input->annotate(annotations);
  std::string_view name = plan.function->name;
  bool by_value = name == "sort" || name == "sort_desc";
  if (by_value) drop_histograms(matrix);
  if (!grid.single()) {
    annotations.warn(
        "sort is ineffective for range queries since results are always ordered by "
        "labels",
        plan.position);
    return matrix;
  }
  if (name == "sort") return sorted_by_value<DescendingNanFirst>(std::move(matrix));
  if (name == "sort_desc") return sorted_by_value<AscendingNanFirst>(std::move(matrix));
  std::vector<std::string> labels;
  for (size_t i = 1; i < plan.arguments.size(); ++i) {
    labels.push_back(plan_as<StringPlan>(*plan.arguments[i]).value);
  }
  return sorted_by_labels(std::move(matrix), labels, name == "sort_by_label_desc");
}

}  // namespace

Result<OperatorPtr> make_sort_operator(const CallPlan& plan, const Grid& grid, QueryState& state) {
  return make_matrix_operator([&plan, grid, &state](Annotations& annotations) {
    return sorted(plan, grid, state, annotations);
  });
}

}  // namespace mnemo::promql
