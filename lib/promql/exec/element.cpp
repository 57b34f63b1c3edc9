// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/element.hpp"

#include "base/quote.hpp"
#include "model/histogram_math.hpp"
#include "model/histogram_trim.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

ElementResult kept(FloatHistogram histogram) {
  compact(histogram);
  return {true, true, 0, std::make_shared<const FloatHistogram>(std::move(histogram))};
}

ElementResult incompatible(BinaryOp op, const Element& left, const Element& right, size_t step,
                           StepNotes& notes) {
  std::string name(operator_name(op));
  notes.info(step, "incompatible sample types encountered for binary operator " + go_quoted(name) +
                       ": " + (left.histogram ? "histogram " : "float ") + name +
                       (right.histogram ? " histogram" : " float"));
  return {};
}

/// Addition and subtraction of two histograms.
ElementResult combined(BinaryOp op, const FloatHistogram& left, const FloatHistogram& right,
                       size_t step, StepNotes& notes) {
  bool is_sum = op == BinaryOp::kAdd;
  std::string operation = is_sum ? "addition" : "subtraction";
  FloatHistogram result = left;
  auto merge = is_sum ? add(result, right) : subtract(result, right);
  if (!merge) {
    notes.warn(step, "incompatible bucket layout encountered for binary operator " +
                         std::string(operator_name(op)));
    return {};
  }
  if (!is_sum) result.counter_reset_hint = CounterResetHint::kGauge;
  if (merge->bounds_reconciled) notes.info(step, custom_buckets_reconciled_info(operation));
  if (merge->counter_reset_collision) {
    notes.warn(step, counter_reset_collision_warning(operation));
    return {};
  }
  return kept(std::move(result));
}

}  // namespace

Element element_at(const StepColumn& series, size_t step) {
  if (series.cells[step] == Cell::kHistogram) return {0, &series.histograms[step]};
  return {series.values[step], nullptr};
}

void StepNotes::set(size_t step, Note note) {
  auto found = std::find(notes_.begin(), notes_.end(), note);
  auto position = static_cast<uint8_t>(found - notes_.begin() + 1);
  if (found == notes_.end()) notes_.push_back(std::move(note));
  last_[step] = position;
}

void StepNotes::annotate(Annotations& into) const {
  for (size_t i = 0; i < notes_.size(); ++i) {
    auto position = static_cast<uint8_t>(i + 1);
    if (std::find(last_.begin(), last_.end(), position) == last_.end()) continue;
    if (notes_[i].is_info) {
      into.info(notes_[i].text, position_);
    } else {
      into.warn(notes_[i].text, position_);
    }
  }
}

ElementResult histogram_binary(BinaryOp op, const Element& left, const Element& right, size_t step,
                               StepNotes& notes) {
  if (left.histogram && right.histogram) {
    const FloatHistogram& x = **left.histogram;
    const FloatHistogram& y = **right.histogram;
    switch (op) {
      case BinaryOp::kAdd:
      case BinaryOp::kSub: return combined(op, x, y, step, notes);
      case BinaryOp::kEqual: return {true, equal_content(x, y), 0, *left.histogram};
      case BinaryOp::kNotEqual: return {true, !equal_content(x, y), 0, *left.histogram};
      default: return incompatible(op, left, right, step, notes);
    }
  }
  if (op == BinaryOp::kMul) {
    FloatHistogram result = left.histogram ? **left.histogram : **right.histogram;
    multiply(result, left.histogram ? right.value : left.value);
    return kept(std::move(result));
  }
  if (op == BinaryOp::kDiv && left.histogram) {
    FloatHistogram result = **left.histogram;
    divide(result, right.value);
    return kept(std::move(result));
  }
  if (is_trim(op) && left.histogram) {
    FloatHistogram result = **left.histogram;
    trim_buckets(result, right.value,
                 op == BinaryOp::kTrimUpper ? TrimSide::kUpper : TrimSide::kLower);
    return {true, true, 0, std::make_shared<const FloatHistogram>(std::move(result))};
  }
  return incompatible(op, left, right, step, notes);
}

}  // namespace mnemo::promql
